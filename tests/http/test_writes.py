# SPDX-License-Identifier: Apache-2.0
"""What every write has: If-Match, DELETE, many rows at once, and answers to writes that are sent again."""
import concurrent.futures
import json
import threading

import labour
import port
import psycopg2
import pytest

from stack import Stack, eventually

pytestmark = pytest.mark.front


def row(api, path):
    answer = api.http.get(path)
    assert answer.status_code == 200
    return answer.json()["data"], answer.headers["ETag"]


def send(api, method, path, body=None, status=200, **headers):
    answer = api.http.request(method, path, json=body, headers={name.replace("_", "-"): v for name, v in headers.items()})
    assert answer.status_code == status, (method, path, answer.status_code, answer.text[:500])
    return answer


# --- If-Match -----------------------------------------------------------------------------------------------------


def test_the_tag_begins_with_the_version(api):
    vessel = api.vessel()
    seen, tag = row(api, f"/api/vessels/{vessel['id']}")
    assert tag.startswith(f'"{seen["version"]}.') and seen["version"] == 1
    assert api.http.get(f"/api/vessels/{vessel['id']}", headers={"If-None-Match": tag}).status_code == 304
    changed = send(api, "PATCH", f"/api/vessels/{vessel['id']}", {"notes": "x"})
    assert changed.json()["data"]["version"] == 2 and changed.headers["ETag"].startswith('"2.')
    assert row(api, f"/api/vessels/{vessel['id']}")[1] == changed.headers["ETag"]
    assert api.http.get(f"/api/vessels/{vessel['id']}", headers={"If-None-Match": tag}).status_code == 200


def test_who_comes_second_is_told_what_it_is_now(api):
    path = f"/api/vessels/{api.vessel()['id']}"
    _, tag = row(api, path)
    send(api, "PATCH", path, {"notes": "first"}, If_Match=tag)
    refused = send(api, "PATCH", path, {"notes": "second"}, 412, If_Match=tag)
    problem = refused.json()
    assert problem["type"] == "urn:stevedores:problem:changed" and problem["current"]["notes"] == "first"
    assert problem["current"] == api.get(path)["data"]
    send(api, "PATCH", path, {"notes": "second"}, If_Match=row(api, path)[1])
    assert api.get(path)["data"]["notes"] == "second" and api.get(path)["data"]["version"] == 3


def test_tallies_of_a_vessel_change_its_tag_but_not_its_version(api):
    vessel = api.vessel("operations_active")
    path = f"/api/vessels/{vessel['id']}"
    _, tag = row(api, path)
    api.tally(vessel["id"], count=7)
    assert row(api, path)[1] != tag, "what is shown is another"
    send(api, "PATCH", path, {"notes": "x"}, If_Match=tag)


@pytest.mark.parametrize("tag, status", [("*", 200), (None, 200), ('"1"', 200), ('W/"1.0123"', 200), ('"9.0123"', 412),
                                         ("1", 400), ('"x"', 400), ('"1.a", "2.b"', 400), ('"99999999999.1"', 400), ('"', 400)])
def test_forms_of_if_match(api, tag, status):
    path = f"/api/vessels/{api.vessel()['id']}"
    answer = send(api, "PATCH", path, {"notes": "x"}, status, **({"If_Match": tag} if tag else {}))
    if status == 400:
        assert port.problem_fields(answer) == ["If-Match"]
    assert api.get(path)["data"]["notes"] == ("x" if status == 200 else None)


def test_of_many_who_saw_the_same_one_wins(api):
    path = f"/api/vessels/{api.vessel()['id']}"
    _, tag = row(api, path)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        def change(n):
            return api.stack.session().patch(path, json={"gangs": n}, headers={"If-Match": tag}).status_code
        statuses = list(pool.map(change, range(8)))
    assert sorted(statuses) == [200] + [412] * 7
    assert api.stack.value("SELECT version FROM vessels WHERE id = %s", (path.split("/")[-1],)) == 2


def test_nothing_there_is_no_conflict(api):
    send(api, "PATCH", "/api/vessels/99999999", {"notes": "x"}, 404, If_Match='"1.x"')
    send(api, "DELETE", "/api/berths/nowhere", None, 404, If_Match='"1.x"')


# --- DELETE -------------------------------------------------------------------------------------------------------


def test_delete(api):
    name = api.berth()
    _, tag = row(api, f"/api/berths/{name}")
    send(api, "PATCH", f"/api/berths/{name}", {"length_m": 300})
    assert send(api, "DELETE", f"/api/berths/{name}", None, 412, If_Match=tag).json()["current"]["length_m"] == 300
    gone = send(api, "DELETE", f"/api/berths/{name}", None, 204, If_Match=row(api, f"/api/berths/{name}")[1])
    assert gone.content == b""
    send(api, "GET", f"/api/berths/{name}", None, 404)
    send(api, "DELETE", f"/api/berths/{name}", None, 404)
    trail = api.get("/api/audit", object_type="berths", object_id=name)["data"]
    assert [(t["action"], t["actor"]) for t in trail][:2] == [("delete", "admin"), ("update", "admin")]
    assert trail[0]["before"]["length_m"] == 300


def test_what_is_used_is_not_deleted(api):
    vessel = api.vessel("berthed")
    answer = send(api, "DELETE", f"/api/berths/{vessel['berth']}", None, 409)
    assert port.problem_fields(answer) == ["name"]
    assert api.get(f"/api/berths/{vessel['berth']}")["data"]["name"] == vessel["berth"]


def test_what_has_no_delete_says_so(api):
    answer = send(api, "DELETE", f"/api/vessels/{api.vessel()['id']}", None, 405)
    assert "PATCH" in answer.headers["Allow"] and "DELETE" not in answer.headers["Allow"]


# --- many at once -------------------------------------------------------------------------------------------------


def vessel(name, **members):
    return {"name": name, "vessel_type": "roro", **members}


def test_each_row_is_stored_or_refused_by_itself(api):
    mark = port.new_id()[:8]
    imo = port.imo(700001)
    rows = [vessel(f"Many {mark} 0"), vessel(f"Many {mark} 1", berth="no such berth"), vessel(f"Many {mark} 2", imo=imo),
            vessel(f"Many {mark} 3", imo=imo), {"name": f"Many {mark} 4"}, "no object", vessel(f"Many {mark} 6")]
    answer = send(api, "POST", "/api/vessels", rows, 207).json()
    assert answer["summary"] == {"rows": 7, "stored": 3, "refused": 4}
    assert [r["status"] for r in answer["data"]] == [201, 400, 201, 409, 400, 400, 201]
    assert [r["problem"]["errors"][0]["field"] for r in answer["data"] if "problem" in r] == ["berth", "imo", "vessel_type", "body"]
    stored = [r["data"] for r in answer["data"] if "data" in r]
    assert [v["name"][-1] for v in stored] == ["0", "2", "6"]
    for r in answer["data"]:
        if "data" in r:
            assert api.get(r["location"])["data"] == r["data"]
    assert [v["name"] for v in api.get("/api/vessels", q=f"Many {mark}", sort="id")["data"]] == [v["name"] for v in stored]


@pytest.mark.parametrize("n, status", [(0, 400), (1, 207), (500, 207), (501, 400)])
def test_how_many(api, n, status):
    mark = port.new_id()[:8]
    answer = send(api, "POST", "/api/vessels", [vessel(f"Bulk {mark}") for _ in range(n)], status)
    if status == 400:
        assert port.problem_fields(answer) == ["body"]
    else:
        assert answer.json()["summary"] == {"rows": n, "stored": n, "refused": 0}
    stored = n if status == 207 else 0
    assert api.stack.value("SELECT count(*) FROM vessels WHERE name = %s", (f"Bulk {mark}",)) == stored


def test_tallies_sent_twice_among_others_are_stored_once(api):
    vessel_id = api.vessel("operations_active")["id"]
    def tally():
        return {"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 2}
    first = [tally() for _ in range(40)]
    answer = send(api, "POST", f"/api/vessels/{vessel_id}/tallies", first, 207).json()
    assert [r["status"] for r in answer["data"]] == [201] * 40
    again = [*first[20:], *(tally() for _ in range(5)), {**first[0], "count": 3}]
    answer = send(api, "POST", f"/api/vessels/{vessel_id}/tallies", again, 207).json()
    assert [r["status"] for r in answer["data"]] == [200] * 20 + [201] * 5 + [409]
    assert api.rows(vessel_id) == 45 and api.read(vessel_id)["loaded"] == 90


def test_many_tallies_cost_one_statement(api):
    """All that is in a tally, twice the same one, and the same batch again; how many there are is not seen in the statements."""
    vessel_id = api.vessel("operations_active")["id"]
    path = f"/api/vessels/{vessel_id}/tallies"
    whole = {"id": port.new_id(), "tally_type": "damaged", "cargo_type": "reefer", "count": 7, "location": 'Deck "3"\\', "shift": "night",
             "tallied_at": "2026-01-02T03:04:05Z", "tallied_by": "Ö, {x}", "note": "both, 'and\\\n'"}

    def batch(n):
        return [whole, *({"id": port.new_id(), "tally_type": "loaded", "cargo_type": "van", "count": 2} for _ in range(n)), whole]
    counts = []
    with api.stack.counting() as statements:
        for n in (1, 100):
            statements()
            answer = send(api, "POST", path, batch(n), 207).json()
            counts.append(len(statements()))
    assert max(counts) <= 8, counts
    # The second batch has the whole one again, twice.
    assert [r["status"] for r in answer["data"]] == [200, *[201] * 100, 200]
    assert answer["data"][0] == answer["data"][-1]
    assert answer["data"][0]["data"].items() >= {**whole, "tallied_at": "2026-01-02T03:04:05+00:00"}.items()
    assert answer["data"][1]["data"]["tallied_by"] == "admin" and answer["data"][1]["data"]["tallied_at"]
    assert api.rows(vessel_id) == 102
    assert {k: api.read(vessel_id)[k] for k in ("loaded", "discharged", "damaged")} == {"loaded": 202, "discharged": 0, "damaged": 7}
    # One that is wrong: the others are stored all the same.
    rows = [{**row, "id": port.new_id()} for row in batch(3)]
    rows[2]["tallied_at"] = "2099-01-01T00:00:00Z"
    answer = send(api, "POST", path, rows, 207).json()
    assert [r["status"] for r in answer["data"]] == [201, 201, 400, 201, 201]
    # And of a vessel that isn't worked, or isn't there, none.
    expected = api.vessel()["id"]
    assert [r["status"] for r in send(api, "POST", f"/api/vessels/{expected}/tallies", batch(1), 207).json()["data"]] == [409] * 3
    assert [r["status"] for r in send(api, "POST", "/api/vessels/999999/tallies", batch(1), 207).json()["data"]] == [404] * 3


def test_many_need_the_role_of_one(api):
    clerk = api.stack.session("clerk")
    assert clerk.post("/api/vessels", json=[vessel("x")]).status_code == 403


def test_nul_in_a_name_among_many(api):
    before = api.stored()
    text = json.dumps([vessel("a")]).replace('"name"', '"name\\u0000x"')
    answer = api.http.post("/api/vessels", data=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400 and port.problem_fields(answer) == ["body"] and api.stored() == before


# --- sent again ---------------------------------------------------------------------------------------------------


def test_the_same_key_gets_the_same_answer(api):
    key, mark = port.new_id(), port.new_id()[:8]
    first = send(api, "POST", "/api/vessels", vessel(f"Key {mark}"), 201, Idempotency_Key=key)
    api.http.patch(first.headers["Location"], json={"notes": "changed meanwhile"})
    again = send(api, "POST", "/api/vessels", vessel(f"Key {mark}"), 201, Idempotency_Key=key)
    assert again.content == first.content and again.headers["Idempotency-Replayed"] == "true"
    assert [again.headers[h] for h in ("Location", "ETag")] == [first.headers[h] for h in ("Location", "ETag")]
    assert "Idempotency-Replayed" not in first.headers
    assert api.get("/api/vessels", q=f"Key {mark}")["pagination"]["total"] == 1


def test_a_key_is_for_one_request(api):
    key = port.new_id()
    send(api, "POST", "/api/vessels", vessel("One"), 201, Idempotency_Key=key)
    before = api.stored()
    for method, path, body in (("POST", "/api/vessels", vessel("Another")), ("PATCH", "/api/vessels/1", vessel("One")),
                               ("POST", "/api/berths", vessel("One"))):
        answer = send(api, method, path, body, 422, Idempotency_Key=key)
        assert answer.json()["type"] == "urn:stevedores:problem:key-reused"
    assert api.stored() == before


def test_keys_belong_to_people(api):
    key = port.new_id()
    send(api, "POST", "/api/vessels", vessel("Mine"), 201, Idempotency_Key=key)
    other = api.stack.session("supervisor")
    answer = other.post("/api/vessels", json=vessel("Theirs"), headers={"Idempotency-Key": key})
    assert answer.status_code == 201 and answer.json()["data"]["name"] == "Theirs"


def test_what_was_refused_may_be_put_right(api):
    key = port.new_id()
    send(api, "POST", "/api/vessels", vessel("", berth="nowhere"), 400, Idempotency_Key=key)
    send(api, "POST", "/api/vessels", vessel("Right"), 201, Idempotency_Key=key)


def test_every_kind_of_write(api):
    berth, keys = api.berth(), [port.new_id() for _ in range(4)]
    vessel_id = api.vessel("operations_active")["id"]
    for _ in range(2):
        send(api, "PATCH", f"/api/berths/{berth}", {"length_m": 222}, 200, Idempotency_Key=keys[0])
        many = send(api, "POST", "/api/vessels", [vessel("Twice"), vessel("")], 207, Idempotency_Key=keys[1])
        send(api, "DELETE", f"/api/berths/{berth}", None, 204, Idempotency_Key=keys[2])
        legacy = send(api, "POST", f"/api/vessels/{vessel_id}/cargo-tally", {"cargo_count": 3}, 201, Idempotency_Key=keys[3])
    assert many.json()["summary"]["stored"] == 1 and legacy.json()["success"]
    assert api.rows(vessel_id) == 1, "the former application's tallies have no id, but a key"
    assert api.stack.value("SELECT version FROM vessels WHERE id = %s", (many.json()["data"][0]["data"]["id"],)) == 1


@pytest.mark.parametrize("key", ["a b", "x" * 129, "ü".encode().decode("latin-1")])
def test_keys_that_are_none(api, key):
    answer = send(api, "POST", "/api/vessels", vessel("x"), 400, Idempotency_Key=key)
    assert port.problem_fields(answer) == ["Idempotency-Key"]


def test_a_secret_is_not_kept(api):
    http = api.stack.session("viewer")
    answers = [http.post("/api/me/keys", json={"name": "k", "role": "viewer"}, headers={"Idempotency-Key": "same"})
               for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json()["data"]["key"] != answers[1].json()["data"]["key"]
    assert api.stack.value("SELECT count(*) FROM idempotency_keys WHERE key = 'same'") == 0


def test_many_at_once_with_one_key(api):
    """All get the answer of the one that stored it."""
    key, mark = port.new_id(), port.new_id()[:8]
    barrier = threading.Barrier(8)
    def one(_):
        http = api.stack.session()
        barrier.wait()
        return http.post("/api/vessels", json=vessel(f"Crowd {mark}"), headers={"Idempotency-Key": key})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    assert {a.status_code for a in answers} == {201} and len({a.content for a in answers}) == 1
    assert sum("Idempotency-Replayed" in a.headers for a in answers) == 7
    assert api.stack.value("SELECT count(*) FROM vessels WHERE name = %s", (f"Crowd {mark}",)) == 1


def test_keys_are_forgotten_after_a_day():
    with Stack(responders=1) as stack:
        api = port.Api(stack)
        for key in ("old", "young"):
            send(api, "POST", "/api/vessels", vessel(key), 201, Idempotency_Key=key)
        stack.psql("UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'old'")
        stack.end("agent")
        stack.start_agent()  # it sweeps when it begins
        eventually(lambda: stack.value("SELECT count(*) FROM idempotency_keys") == 1, "the old key to go")
        assert stack.value("SELECT key FROM idempotency_keys") == "young"
        send(api, "POST", "/api/vessels", vessel("old"), 201, Idempotency_Key="old")


# --- numbers of rows that are kept ----------------------------------------------------------------------------------


def kept(stack, table):
    return stack.value("SELECT coalesce(sum(rows), 0) FROM row_counts WHERE table_name = %s", (table,))


def test_kept_numbers_are_the_real_ones(api):
    stack = api.stack
    def check():
        for table in ("vessels", "audit"):
            assert kept(stack, table) == stack.value(f"SELECT count(*) FROM {table}"), table
    check()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        def work(n):
            http = stack.session()
            for i in range(10):
                http.post("/api/vessels", json=vessel(f"Count {n} {i}") if i % 3 else [vessel("a"), vessel(""), vessel("b")])
        list(pool.map(work, range(6)))
    check()
    stack.psql("""BEGIN;
        INSERT INTO vessels (name, vessel_type) SELECT 'Gone', 'roro' FROM generate_series(1, 10);
        SAVEPOINT s; INSERT INTO vessels (name, vessel_type) VALUES ('Never', 'roro'); ROLLBACK TO s;
        DELETE FROM vessels WHERE id IN (SELECT id FROM vessels WHERE name = 'Gone' LIMIT 4);
        COMMIT;
        BEGIN; INSERT INTO vessels (name, vessel_type) VALUES ('Never', 'roro'); ROLLBACK;
        DELETE FROM vessels WHERE name = 'Gone'""")
    check()
    assert api.get("/api/vessels")["pagination"]["total"] == stack.value("SELECT count(*) FROM vessels")


# --- locks in opposite orders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("keyed", [False, True])
def test_opposite_orders_are_made_one(api, keyed):
    """Payments lock their contracts; many at once do it in the order of the contracts, whatever the order of the body."""
    desk = labour.Desk(api.stack)
    contracts = [desk.contract("completed")["id"] for _ in range(12)]
    deadlocks = api.stack.value("SELECT deadlocks FROM pg_stat_database WHERE datname = 'stevedores'")
    for _ in range(4):
        rows = [{"contract_id": c, "amount_minor": 1, "reference": f"of {c}"} for c in contracts]
        def pay(n, rows=rows):
            headers = {"Idempotency-Key": port.new_id()} if keyed else {}
            return api.stack.session().post("/api/payments", json=rows if n % 2 else rows[::-1], headers=headers)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(pay, range(4)))
        assert [a.status_code for a in answers] == [207] * 4, [a.text[:200] for a in answers]
        for n, answer in enumerate(answers):
            told = [r["data"]["contract_id"] for r in answer.json()["data"]]
            assert told == (contracts if n % 2 else contracts[::-1]), "in the order of the body"
    sums = api.stack.psql("SELECT count(*), sum(amount_minor) FROM payments WHERE contract_id = ANY (%s)", (contracts,))
    assert sums == [(4 * 4 * 12, 4 * 4 * 12)]
    assert api.stack.value("SELECT deadlocks FROM pg_stat_database WHERE datname = 'stevedores'") == deadlocks


@pytest.mark.parametrize("keyed", [False, True])
def test_who_is_ended_in_a_deadlock_begins_anew(api, keyed):
    """Somebody else has the second contract and wants the first: PostgreSQL ends whoever has waited for a second, the program; on
    a machine that is too busy for that, the other one, and then it is tried again."""
    desk = labour.Desk(api.stack)
    first, second = (desk.contract("completed")["id"] for _ in range(2))
    other = api.stack.connect()
    other.autocommit = False

    def meet():
        """The program's answer, and whether it was the one that was ended."""
        cursor = other.cursor()
        cursor.execute("SELECT FROM contracts WHERE id = %s FOR UPDATE", (second,))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(api.stack.session().post, "/api/payments",
                                 json=[{"contract_id": c, "amount_minor": 5} for c in (first, second)],
                                 headers={"Idempotency-Key": port.new_id()} if keyed else {})
            eventually(lambda: api.stack.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") >= 1, "it to wait")
            try:
                cursor.execute("SELECT FROM contracts WHERE id = %s FOR UPDATE", (first,))
                other.commit()
                ended = True
            except psycopg2.errors.DeadlockDetected:
                other.rollback()
                ended = False
            return answer.result(), ended

    for times in range(1, 6):
        answer, ended = meet()
        assert answer.status_code == 207 and answer.json()["summary"]["stored"] == 2, answer.text
        assert api.stack.value("SELECT count(*) FROM payments WHERE contract_id IN (%s, %s)", (first, second)) == 2 * times
        if ended:
            break
    other.close()
    assert ended


def test_a_rule_without_a_text_is_no_mistake_of_ours(api):
    """One that somebody added to the database, say."""
    api.stack.psql("ALTER TABLE vessels ADD CONSTRAINT no_sundays CHECK (line <> 'Sunday Line')")
    try:
        for body, status in ((vessel("Refused", line="Sunday Line"), 400), ([vessel("Kept"), vessel("Refused", line="Sunday Line")], 207)):
            answer = send(api, "POST", "/api/vessels", body, status).json()
            problem = answer if status == 400 else answer["data"][1]["problem"]
            assert [e["field"] for e in problem["errors"]] == ["no_sundays"] and problem["status"] == 400
    finally:
        api.stack.psql("ALTER TABLE vessels DROP CONSTRAINT no_sundays")
