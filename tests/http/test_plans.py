# SPDX-License-Identifier: Apache-2.0
"""What PostgreSQL is asked, and how it finds it: every route, filter and sort key on 200 000 tallies, with the server's
own plans (auto_explain), those of statements inside triggers included."""
import itertools
import json
import os
import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import delivery
import labour
import many
import port
import pytest

from stack import PASSWORD, SOURCE, Stack

LABOUR = ("clients", "workers", "jobs", "contracts", "payments")
DELIVERY = ("projects", "features", "backlog_items", "resources", "allocations")
BIG = {"cargo_tallies", "vessel_hours", "vessel_totals", *LABOUR, *DELIVERY}
VESSELS, TALLIES = 2000, 200000

# The one that reads a whole table on purpose: how many tallies there are in all is the sum of a number kept per vessel
# and cargo type, and there is no shorter way to an exact number.
WHO_ASKS = ("WITH s AS (SELECT s.id, s.last_used_at", "WITH k AS (SELECT k.id, k.last_used_at")
ACTOR = "SELECT set_config('stevedores.actor'"
WHOLE = "SELECT coalesce(sum(tallies), 0) FROM vessel_totals"


@pytest.fixture(scope="module")
def big():
    # Without the cache: what each request costs when nothing is known of it.
    with Stack(responders=1, env={"CACHE": "off"}) as stack:
        stack.psql("""
            INSERT INTO vessels (name, imo, vessel_type, line, eta, etd, cargo_capacity)
            SELECT 'MV ' || md5(n::text), NULL, (ARRAY['roro', 'container', 'general', 'bulk', 'multipurpose'])[1 + n %% 5],
                   'Line ' || n %% 17, CASE WHEN n %% 9 > 0 THEN now() - n * interval '3 hours' END, NULL,
                   '{"automobile": 900, "truck": 90}'
              FROM generate_series(1, %s) AS n""", (VESSELS,))
        # As if their calls were over, but for the last ones: history outweighs the present.
        stack.psql("ALTER TABLE vessels DISABLE TRIGGER USER")
        stack.psql("""UPDATE vessels SET status = CASE WHEN id > 1970 THEN 'expected' WHEN id > 1960 THEN 'arrived'
                                                       WHEN id > 1957 THEN 'operations_active' ELSE 'departed' END,
                             berth = CASE WHEN id BETWEEN 1958 AND 1960 THEN 'B' || id - 1957 END""")
        stack.psql("ALTER TABLE vessels ENABLE TRIGGER USER")
        stack.psql("""
            INSERT INTO cargo_tallies (id, vessel_id, tally_type, cargo_type, count, shift, tallied_at)
            SELECT gen_random_uuid(), 1 + n %% %s, (ARRAY['loaded', 'discharged', 'damaged'])[1 + n %% 3],
                   (ARRAY['automobile', 'truck', 'van'])[1 + n / 7 %% 3], 1 + n %% 20,
                   (ARRAY['morning', 'afternoon', 'night'])[1 + n %% 3], now() - n * interval '30 seconds'
              FROM generate_series(1, %s) AS n""", (1960, TALLIES))
        many.fill(stack, 30000, LABOUR + DELIVERY)
        stack.psql("ANALYZE")
        yield stack


class Driver:
    """Sends requests and keeps account of the routes that they were for."""

    def __init__(self, stack):
        self.api = port.Api(stack)
        self.routes = set()

    def __call__(self, method, route, query="", body=None, status=200, **args):
        self.routes.add((method, route))
        path = re.sub(r"\{(\w+)\}", lambda m: str(args[m.group(1)]), route)
        answer = self.api.send(method, path + query, body, status)
        return answer.json() if answer.content else None


def subsets(choices):
    """Every combination of leaving out and giving each parameter, as a query."""
    for some in itertools.product(*[[None, *values] for values in choices.values()]):
        yield [f"{name}={value}" for name, value in zip(choices, some) if value is not None]


def drive_people(send):
    """An admin adds somebody, who then does what people do with their own."""
    def quietly(http, method, route, body=None, status=204, **args):
        send.routes.add((method, route))
        path = re.sub(r"\{(\w+)\}", lambda m: str(args[m.group(1)]), route)
        answer = http.request(method, path, json=body)
        assert answer.status_code == status, (method, path, answer.text)
        return answer

    admin, own = send.api.http, send.api.stack.session(None)
    user = send("POST", "/api/users", body={"username": "planner", "display_name": "Plan", "role": "clerk",
                                            "password": PASSWORD}, status=201)["data"]
    quietly(own, "POST", "/api/login", {"username": "planner", "password": PASSWORD}, 200)
    for route in ("/api/me", "/api/me/sessions", "/api/me/keys"):
        quietly(own, "GET", route, status=200)
    quietly(own, "POST", "/api/me/password", {"current": PASSWORD, "password": PASSWORD})
    quietly(own, "DELETE", "/api/me/sessions")
    quietly(own, "DELETE", "/api/me/sessions/{id}", status=404, id=999999999)
    key = quietly(own, "POST", "/api/me/keys", {"name": "x", "role": "viewer"}, 201).json()["data"]
    quietly(own, "DELETE", "/api/me/keys/{id}", id=key["id"])
    drive_access(send, quietly, own)
    quietly(own, "POST", "/api/logout")
    send("PATCH", "/api/users/{id}", body={"status": "disabled"}, id=user["id"])
    quietly(admin, "POST", "/api/users/{id}/password", {"password": PASSWORD}, id=user["id"])
    send("GET", "/api/users/{id}", id=user["id"])
    for query in ("", "?q=pla", "?role=clerk&status=active&sort=-created_at"):
        send("GET", "/api/users", query)
    for some in subsets({"actor": ["admin"], "action": ["create"], "object_type": ["users"],
                         "at_from": ["2020-01-01T00:00:00Z"], "at_to": ["2100-01-01T00:00:00Z"]}):
        send("GET", "/api/audit", "?" + "&".join(some))
    send("GET", "/api/audit", f"?object_type=users&object_id={user['id']}")


def drive_access(send, quietly, own):
    """An admin looks at everybody's sessions and keys, ends one of each, and looks at the program itself."""
    admin = send.api.http
    key = quietly(own, "POST", "/api/me/keys", {"name": "y", "role": "viewer"}, 201).json()["data"]
    for query in ("", "?q=pla", "?sort=created_at", "?sort=-last_used_at"):
        send("GET", "/api/sessions", query)
    for query in ("", "?q=pla", "?sort=created_at", "?sort=name"):
        send("GET", "/api/keys", query)
    quietly(admin, "DELETE", "/api/keys/{id}", id=key["id"])
    quietly(admin, "DELETE", "/api/sessions/{id}", status=404, id=999999999)
    quietly(admin, "GET", "/api/operations", status=200)
    quietly(admin, "GET", "/events", status=404)


def drive_everything(stack):
    send = Driver(stack)
    active, other = 1959, 42
    now = datetime.now(timezone.utc)
    since, until = ((now - timedelta(days=d)).strftime("%Y-%m-%dT%H:%M:%SZ") for d in (3, 1))

    for route in ("/health", "/health/quick", "/health/live", "/health/ready", "/api/openapi.json", "/api/dashboard", "/api/meta",
                  "/api/vessels/summary"):
        send("GET", route)
    assert send.api.http.get("/metrics").status_code == 200  # isn't JSON
    send.routes.add(("GET", "/metrics"))
    for sort in ("", "?sort=name", "?sort=-position"):
        send("GET", "/api/berths", sort)
    send("POST", "/api/berths", body={"name": "North", "length_m": 200}, status=201)
    send("GET", "/api/berths/{name}", name="North")
    send("PATCH", "/api/berths/{name}", body={"length_m": 210}, name="North")
    send("DELETE", "/api/berths/{name}", status=204, name="North")
    drive_people(send)

    sorts = [f"{sign}{key}" for key in ("name", "eta", "etd", "updated_at", "id") for sign in ("", "-")]
    filters = {"status": ["expected,arrived"], "vessel_type": ["roro,bulk"], "berth": ["B2"], "eta_from": [since],
               "eta_to": [until], "q": ["abc"]}
    for some in subsets(filters):
        for sort in sorts:
            answer = send("GET", "/api/vessels", "?" + "&".join([*some, f"sort={sort}", "per_page=5"]))
            cursor = answer["pagination"]["next_cursor"]
            if cursor and len(some) < 2:
                following = send("GET", "/api/vessels", "?" + "&".join([*some, f"cursor={cursor}", "per_page=5"]))
                back = following["pagination"]["prev_cursor"]
                send("GET", "/api/vessels", "?" + "&".join([*some, f"cursor={back}", "per_page=5"]))
    for query in ("?page=50", "?page=1000000", "?count=none", ""):
        send("GET", "/api/vessels", query)

    narrow = {"tally_type": ["loaded"], "cargo_type": ["van,truck"], "shift": ["night"]}
    for which in subsets({"vessel_id": [active], "tallied_at_from": [since], "tallied_at_to": [until]}):
        for some in subsets(narrow):
            if some and not any(w.startswith(("vessel_id", "tallied_at_from")) for w in which):
                continue
            for sort in ("tallied_at", "-tallied_at"):
                for route in ("/api/tallies", "/api/vessels/{id}/tallies"):
                    given = [w for w in which if "{id}" not in route or not w.startswith("vessel_id")]
                    if some and not given and "{id}" not in route:
                        continue
                    query = [*given, *some, f"sort={sort}"]
                    # After five times PostgreSQL considers a plan that doesn't know the parameters.
                    for _ in range(7 if len(given) + len(some) < 2 else 1):
                        answer = send("GET", route, "?" + "&".join(query), id=active)
                    cursor = answer["pagination"]["next_cursor"]
                    if cursor:
                        following = send("GET", route, "?" + "&".join([*given, *some, f"cursor={cursor}"]), id=active)
                        if following["pagination"]["prev_cursor"]:
                            send("GET", route, "?" + "&".join(
                                [*given, *some, f"cursor={following['pagination']['prev_cursor']}"]), id=active)
    for query in ("?page=2", "?page=30", "?count=none"):
        send("GET", "/api/tallies", query)

    created = send("POST", "/api/vessels", body={"name": "MV Plan", "vessel_type": "roro", "berth": "B4",
                                                 "imo": port.imo(812345)}, status=201)["data"]
    for vessel in (created["id"], other):
        send("GET", "/api/vessels/{id}", id=vessel)
    send("PATCH", "/api/vessels/{id}", body={"status": "arrived"}, id=created["id"])
    send("PATCH", "/api/vessels/{id}", body={"gangs": 3, "notes": "x"}, id=created["id"])
    for n in range(8):  # more than five, after which PostgreSQL considers a generic plan
        tally = {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 5}
        send("POST", "/api/vessels/{id}/tallies", body=tally, status=201, id=active)
        send("POST", "/api/vessels/{id}/tallies", body=tally, id=active)
        void = {"id": port.new_id()}
        send("POST", "/api/tallies/{id}/void", body=void, status=201, id=tally["id"])
        send("POST", "/api/tallies/{id}/void", body=void, id=tally["id"])
        send("POST", "/api/vessels/{id}/cargo-tally", body={"cargo_count": n + 1}, status=201, id=active)
        send("GET", "/api/vessels/{id}/cargo-tally", id=active)
        send("GET", "/api/vessels/{id}/tallies", id=active)
        send("GET", "/api/vessels/{id}/report", id=active)
        assert send.api.http.get(f"/api/vessels/{active}/report", headers={"Accept": "text/csv"}).status_code == 200
        send("GET", "/api/dashboard")
    labour.drive(send)
    delivery.drive(send)
    send.api.move(created["id"], "expected")
    stack.psql("UPDATE vessels SET imo = NULL WHERE id = %s", (created["id"],))
    return send.routes


def nodes(plan):
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def all_routes(stack):
    """What the program itself says; where it can't, what its table says."""
    with suppress(ValueError):
        told = json.loads(stack.ctl("routes", "--json", check=False).stdout)
        told = told["routes"] if isinstance(told, dict) else told
        return {(r["method"], r.get("path") or r.get("pattern")) for r in told}
    with open(os.path.join(SOURCE, "src/app/routes.c"), encoding="utf-8") as f:
        return {(m, p) for m, p in re.findall(r'\{HTTP_(\w+), "([^"]+)"', f.read())}


def test_no_scan_of_a_big_table(big):
    with big.explaining() as plans:
        routes = drive_everything(big)
        found = plans()
    assert routes == all_routes(big) - {("POST", "/api/csp-reports")}  # asks no database: test_csp_reports.py
    assert len(found) > 1000
    scanned = {}
    for query, plan in found:
        for node in nodes(plan):
            if node["Node Type"] == "Seq Scan" and node.get("Relation Name") in BIG:
                if query.strip() != WHOLE:
                    scanned.setdefault((node["Relation Name"], query), json.dumps(plan)[:1500])
    told = "\n\n".join(f"Seq Scan of {t} in:\n{q}\n{p}" for (t, q), p in scanned.items())
    assert not scanned, f"{len(scanned)} statements\n{told[:6000]}"


def test_the_plans_see_what_triggers_do(big):
    """The test above is worth something only if it would see a scan, inside a trigger too."""
    with big.explaining() as plans:
        port.Api(big).get("/api/vessels")  # connects again
        port.Api(big).tally(1959)
        inside = [q for q, _ in plans() if "vessel_hours" in q and "ON CONFLICT" in q]
        big.psql("SELECT count(*) FROM cargo_tallies WHERE note = 'none'", user="stevedores")
        seen = {(n["Node Type"], n.get("Relation Name")) for _, p in plans() for n in nodes(p)}
    assert inside
    assert any("Seq Scan" in kind and table == "cargo_tallies" for kind, table in seen), seen


def test_how_many_statements(big):
    api = port.Api(big)
    api.get("/health/ready")
    with big.counting() as statements:
        api.get("/api/meta")  # the connection is new
        statements()

        def asked():
            """Without who asks, which the caches know for the next 30 s where there are caches, and without what travels in
            a write's own round trip."""
            return [s for s in statements() if not s.startswith((*WHO_ASKS, ACTOR))]

        def count(path, most, least=1):
            api.get(path)
            sent = asked()
            assert least <= len(sent) <= most, (path, sent)

        count("/api/dashboard", 1)
        count("/api/dashboard", 1)
        for path in ("/api/vessels", "/api/vessels?page=3&q=abc", "/api/tallies", "/api/tallies?vessel_id=7",
                     "/api/vessels/1959/tallies", "/api/berths?per_page=2", "/api/vessels?status=expected&sort=-name&per_page=9",
                     "/api/vessels?page=1000000", "/api/vessels/1959/tallies?page=1000", "/api/tallies?vessel_id=7&count=estimated"):
            count(path, 2, 2)
            if "count=" not in path and "page=1000" not in path:  # beyond the end a parent is looked for
                count(path + ("&" if "?" in path else "?") + "count=none", 1)
        for path in ("/api/berths", "/api/vessels?q=no such name", "/api/tallies?vessel_id=99999"):
            count(path, 1)  # the last page says how many there are
        count("/health/live", 0, 0)
        count("/health/quick", 0, 0)
        count("/health/ready", 1)
        count("/health", 1)
        count("/api/openapi.json", 0, 0)
        count("/api/meta", 1)
        count("/api/vessels/7", 1)
        count("/api/vessels/summary", 1)
        count("/api/vessels/7/cargo-tally", 1)
        count("/api/vessels/7/report", 1)
        api.tally(1959)
        sent = asked()
        assert len(sent) == 1, sent


def test_one_connection_per_responder(big):
    api = port.Api(big)
    for _ in range(20):
        api.get("/api/vessels")
    assert big.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'stevedores'") <= 2  # and the agent
