# SPDX-License-Identifier: Apache-2.0
"""The API is as it describes itself: the description is valid OpenAPI 3.1 and has every route; every operation is asked with
right and with wrong input made from it; answers are as it says."""
import json
import os
import random
import re
import subprocess
import uuid
from contextlib import suppress

import contract
import pytest
from stack import PASSWORD, ROLES, SOURCE, Stack

SEED = int(os.environ.get("STEVEDORES_TEST_SEED", "20261126"))
TRIES = 120  # until a right body is taken, whatever rules there are that a schema can't say
ENOUGH = 10  # bodies that were taken
ROWS = 2000  # of a list that are looked at
NOBODY_HAS = {"integer": "999999999999", "uuid": "00000000-0000-4000-8000-000000000000"}

# What no schema can say.
KNOWN = {("post_login", "username"): "clerk", ("post_login", "password"): PASSWORD, ("post_me_password", "current"): PASSWORD,
         ("post_me_password", "password"): PASSWORD, ("post_me_keys", "expires_at"): "2090-01-01T00:00:00Z"}
KNOWN_QUERIES = {"free_range": "2026-12-01/2026-12-14", "half_free_range": "2026-12-01/2026-12-14"}
# Where more is checked than a schema can say, and there is no row yet to take after.
PLAUSIBLE = ("EUR", "somebody@example.com", "P1", "9074729", "a12")

# What the program says of values that a schema can rule out: never of right ones.
SCHEMA_SAYS = re.compile(r"must have \d+ to \d+ |must be (a|an|one|true) |must not be null|is required|is not known|"
                         r"can't be set|has a (NUL|control)|must have at least|a word must| has no '")

# Rows of what is referred to that will do.
WANTED = {("post_payments", "contract_id"): lambda row: row["earned_minor"] > row["payable_minor"] + row["paid_minor"]}

# Of each table how many rows it has, and which transactions wrote them; but for when somebody was last seen.
FINGERPRINT = """
SELECT string_agg(query_to_xml(format(CASE t
           WHEN 'sessions' THEN 'SELECT id, user_id, revoked_at FROM sessions ORDER BY id'
           WHEN 'api_keys' THEN 'SELECT id, name, role, revoked_at FROM api_keys ORDER BY id'
           ELSE 'SELECT count(*), sum(xmin::text::bigint) FROM %I' END, t), true, false, '')::text, ',' ORDER BY t)
  FROM (SELECT relname AS t FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r') AS tables"""


class Driver:
    """Asks the program what its description says that can be asked."""

    def __init__(self, stack):
        self.stack = stack
        self.http = stack.session()
        self.document = contract.Document(self.http.get("/api/openapi.json").text)
        self.rng = random.Random(SEED)
        self.asked = 0
        self.rows = {}

    # --- who asks ---

    def person(self):
        """Somebody who has just logged in."""
        http = self.stack.session(None)
        assert http.post("/api/login", json={"username": "clerk", "password": PASSWORD}).status_code == 200
        return http

    def asker(self, operation):
        if operation.path == "/api/logout" or operation.by_session_only():
            return self.person()
        return self.http

    # --- what is asked ---

    def send(self, operation, http=None, target=None, **kwargs):
        self.asked += 1
        return (http or self.http).request(operation.method, target or operation.path, **kwargs)

    def list_rows(self, path, http=None):
        """Rows that a collection has; of shared ones asked once. Not who asks here: nobody locks themselves out."""
        if http is None and path in self.rows:
            return self.rows[path]
        query, found = {"per_page": 100} if self.document.operation("GET", path).is_list() else {}, []
        while query is not None and len(found) < ROWS:
            answer = (http or self.http).get(path, params=query)
            assert answer.status_code == 200, answer.text
            found += answer.json()["data"]
            cursor = answer.json().get("pagination", {}).get("next_cursor")
            query = {"per_page": 100, "cursor": cursor} if cursor else None
        rows = [row for row in found if row.get("username") not in ROLES and not row.get("current")]
        if http is None:
            self.rows[path] = rows
        return rows

    def let_in(self, path):
        """A session and a key of somebody who is new: the one of the two that is listed at the path."""
        login = {"username": "n" + uuid.uuid4().hex[:10], "password": PASSWORD}
        assert self.http.post("/api/users", json={**login, "display_name": "New", "role": "clerk"}).status_code == 201
        http = self.stack.session(None)
        assert http.post("/api/login", json=login).status_code == 200
        assert http.post("/api/me/keys", json={"name": "new", "role": "viewer"}).status_code == 201
        self.rows.pop(path, None)
        return self.http.get(path, params={"username": login["username"]}).json()["data"]

    def add(self, path):
        """A row that is new, to which nothing refers yet; [] where none can be added."""
        if path in ("/api/sessions", "/api/keys"):
            return self.let_in(path)
        operation = self.document.operation("POST", path)
        for _ in range(TRIES if operation and operation.many else 0):
            answer = self.send(operation, json=self.body(operation, 0.2))
            if answer.status_code == 201:
                self.rows.pop(path, None)
                return [answer.json()["data"]]
        return []

    def targets(self, operation, http=None):
        """Addresses of things that are there, in random order; of what is to be removed a new one first."""
        argument = operation.argument()
        if argument is None:
            return [operation.path]
        added = self.add(operation.collection()) if operation.method == "DELETE" else []
        http = http if operation.by_session_only() else None
        rows = self.list_rows(operation.collection(), http)
        assert rows, f"{operation.collection()} has no rows to try {operation} with"
        ids = [row[argument["name"]] for row in rows]
        self.rng.shuffle(ids)
        ids = [row[argument["name"]] for row in added] + ids
        return [operation.path.replace("{%s}" % argument["name"], str(one)) for one in ids]

    def nobodys(self, operation):
        argument = operation.argument()
        schema = argument["schema"]
        kind = "uuid" if schema.get("format") == "uuid" else contract.types_of(schema)[0]
        value = NOBODY_HAS.get(kind, "no such")
        return operation.path.replace("{%s}" % argument["name"], value)

    def reference(self, name, will_do=lambda row: True):
        """An id for job_id: one of /api/jobs."""
        of = name.removesuffix("_id")
        for path in (f"/api/{of}s", f"/api/{of}es", f"/api/{of.removesuffix('y')}ies", f"/api/{of}"):
            operation = self.document.operation("GET", path)
            if operation and operation.is_list():
                ids = [row["id"] for row in self.list_rows(path) if will_do(row)]
                return self.rng.choice(ids) if ids else None
        return None

    def value(self, operation, name, schema):
        """A right value for a member; None where none can be made: then the member is left out."""
        if (operation.name, name) in KNOWN:
            return KNOWN[operation.name, name]
        if name.endswith("_id"):
            return self.reference(name, WANTED.get((operation.name, name), lambda row: True))
        known = self.document.operation("GET", operation.collection())
        texts = []
        if known and known.is_list() and contract.types_of(schema)[0] == "string" and "enum" not in schema:
            texts = [row[name] for row in self.list_rows(known.path) if row.get(name) is not None]
        if schema.get("x-checked"):
            fitting = [text for text in texts or PLAUSIBLE if contract.fits_lengths(schema, text)]
            text = self.rng.choice(fitting) if fitting else None
            return contract.alike(text, self.rng) if text and self.rng.random() < 0.6 else text
        if texts and self.rng.random() < 0.5 and "format" not in schema:
            return self.rng.choice(texts)
        return contract.make(schema, self.rng)

    def body(self, operation, share):
        """Right, with the required members and a share of the others."""
        found = {}
        for name, schema in operation.schema["properties"].items():
            needed = name in operation.schema.get("required", [])
            if needed or self.rng.random() < share:
                found[name] = self.value(operation, name, schema)
                if found[name] is None and needed:
                    raise KeyError(name)
                if found[name] is None and "null" not in contract.types_of(schema):
                    del found[name]
        while not found:
            name = self.rng.choice(list(operation.schema["properties"]))
            value = self.value(operation, name, operation.schema["properties"][name])
            found.update({name: value} if value is not None else {})
        assert not self.document.wrong({k: v for k, v in operation.schema.items() if k != "required"}, found), found
        return found

    def fingerprint(self):
        return self.stack.value(FINGERPRINT)

    def fill(self):
        """Each list gets a row that can get one, those that others refer to first."""
        adding = [o for o in self.document.operations if o.many and not o.argument()]
        for _ in range(len(adding)):
            for operation in [o for o in adding if not self.list_rows(o.path)]:
                with suppress(KeyError):  # what it refers to isn't there yet
                    self.add(operation.path)

    def order(self):
        """All operations; those that take away come last."""
        return sorted(self.document.operations, key=lambda o: (o.method == "DELETE", o.path == "/api/logout"))


@pytest.fixture(scope="module")
def demo():
    with Stack(responders=2, berths=False) as stack:
        stack.ctl("demo", "--tallies", "300")
        Driver(stack).fill()
        stack.ctl("user", "add", "somebody", "--role", "viewer", "--password-stdin", stdin=PASSWORD + "\n")
        yield stack


@pytest.fixture
def driver(demo):
    """No test may leave behind an error of the program itself, nor a dead responder."""
    pids, seen = demo.responder_pids(), len(demo.logs())
    driver = Driver(demo)
    yield driver
    print(f"{len(driver.document.operations)} operations, {driver.asked} requests, seed {SEED}")
    errors = [line for line in demo.logs()[seen:] if line.get("event") == "request" and line.get("status", 0) >= 500]
    assert errors == []
    assert demo.responder_pids() == pids, "a responder ended in this test"


def problem_names(answer):
    return [error["field"] for error in answer.json()["errors"]]


# --- the document itself ----------------------------------------------------------------------------------------------


def valid(document):
    """Whether OpenAPI's own schema takes it."""
    folder = os.path.join(SOURCE, "tests/openapi")
    if not os.path.isdir(os.path.join(folder, "node_modules")):
        pytest.skip("npm ci in tests/openapi was not run")
    told = subprocess.run(["node", os.path.join(folder, "validate.mjs")], input=json.dumps(document), capture_output=True,
                          text=True, check=True, timeout=60)
    return json.loads(told.stdout)


def test_it_is_openapi_3_1(driver):
    document = driver.document.whole
    assert document["openapi"] == "3.1.0"
    assert valid(document) == {"version": "3.1", "errors": []}
    del document["info"]["title"]  # the validator sees what is wrong
    assert valid(document)["errors"]


def test_its_schemas_are_schemas(driver):
    for name, schema in driver.document.whole["components"]["schemas"].items():
        contract.jsonschema.Draft202012Validator.check_schema(schema)
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)


def test_every_reference_leads_somewhere(driver):
    used = set(re.findall(r'"\$ref": "#/components/([^"]+)"', json.dumps(driver.document.whole)))
    for ref in used:
        driver.document.resolver.resolve(f"#/components/{ref}")
    known = {f"{kind}/{name}" for kind, of in driver.document.whole["components"].items() for name in of}
    used = {"/".join(ref.split("/")[:2]) for ref in used}
    assert known - used <= {"securitySchemes/session", "securitySchemes/key"}, "components that nothing refers to"


def routes_that_are_on(stack, boards):
    told = json.loads(stack.ctl("routes", "--json").stdout)
    return {(r["method"], r["path"]): r for r in told if r["board"] is None or r["board"] in boards}


def test_it_has_every_route(driver):
    boards = driver.http.get("/api/meta").json()["data"]["boards"]
    routes = routes_that_are_on(driver.stack, boards)
    assert {(o.method, o.path) for o in driver.document.operations} == set(routes)
    for o in driver.document.operations:
        route = routes[o.method, o.path]
        assert (o.role, o.said["summary"], o.said["x-rate"]) == (route["role"], route["summary"], route["rate"]), o
        assert (o.said["security"] == []) == (o.role == "anybody")
        assert o.said["tags"] == [route["board"]] if route["board"] else o.said["tags"] in (["people"], ["operations"]), o
    ids = [o.name for o in driver.document.operations]
    assert len(ids) == len(set(ids))
    assert [tag["name"] for tag in driver.document.whole["tags"]] == list(dict.fromkeys(
        o.said["tags"][0] for o in driver.document.operations))


def all_boards():
    with open(os.path.join(SOURCE, "src/conf/conf.c"), encoding="utf-8") as f:
        return re.findall(r"\w+", re.search(r'"BOARDS", T_LIST, .*?"[^"]*", 0, 0,\s*"([^"]*)"', f.read(), re.S).group(1))


@pytest.mark.parametrize("board", all_boards())
def test_boards_that_are_off_are_not_in_it(board):
    with Stack(responders=1, berths=False, agent=False, env={"BOARDS": board}) as stack:
        driver = Driver(stack)
        routes = routes_that_are_on(stack, [board])
        assert {(o.method, o.path) for o in driver.document.operations} == set(routes)
        assert {o.said["tags"][0] for o in driver.document.operations} == {"people", "operations", board}
        assert valid(driver.document.whole)["errors"] == []
        meta = driver.http.get("/api/meta").json()["data"]
        assert meta["boards"] == [board] and ("vessel_types" in meta) == (board == "port")
        listed = {o.path.split("/")[-1] for o in driver.document.operations if o.is_list()}
        assert set(meta["choices"]) <= listed and "users" in meta["choices"]


def test_it_is_for_people_who_log_in_and_costs_nothing_again(demo):
    assert demo.session(None).get("/api/openapi.json").status_code == 401
    http = demo.session("viewer")
    first = http.get("/api/openapi.json")
    assert first.status_code == 200 and first.headers["Content-Type"] == "application/json"
    again = http.get("/api/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.content == b""
    [cookie] = http.cookies.keys()
    assert first.json()["components"]["securitySchemes"]["session"]["name"] == cookie


# --- what is read -----------------------------------------------------------------------------------------------------


def test_every_list_and_every_row(driver):
    """As declared, to the order of the members; each kind of row was seen."""
    document, seen = driver.document, set()
    for operation in document.operations:
        if operation.method != "GET" or "application/json" not in document.follow(operation.said["responses"]["200"])["content"]:
            continue
        kind = json.dumps(document.row_schemas(operation)[0])
        seen.add((kind, False))
        for target in driver.targets(operation)[:30]:
            answer = driver.send(operation, target=target, params={"per_page": 100} if operation.is_list() else None)
            assert answer.status_code == 200, f"{target}: {answer.text[:300]}"
            document.check(operation, answer)
            if not operation.is_list() or answer.json()["data"]:
                seen.add((kind, True))
    assert len({kind for kind, _ in seen}) == sum(had for _, had in seen), "of some kind no row was seen"


def test_fields(driver):
    document = driver.document
    for operation in document.operations:
        parameter = operation.parameter("fields")
        if parameter is None:
            continue
        names = parameter["schema"]["items"]["enum"]
        assert names == list(document.row_schemas(operation)[0]["properties"]), operation
        some = driver.rng.sample(names, min(4, len(names)))
        for wanted in ([names[0]], some, names):
            answer = driver.send(operation, target=driver.targets(operation)[0], params={"fields": ",".join(wanted)})
            assert answer.status_code == 200, f"{operation} {wanted}: {answer.text[:300]}"
            document.check(operation, answer, only=wanted)


def query_of(driver, operation, name, value):
    """With what else the parameter takes to be there."""
    found = {name: value}
    for needed in operation.parameter(name).get("x-needs", [])[:1]:
        found.update(query_of(driver, operation, needed, query_text(driver, operation, needed)))
    return found


def query_text(driver, operation, name):
    schema = operation.parameter(name)["schema"]
    if "array" in contract.types_of(schema):
        return ",".join(dict.fromkeys(contract.make(schema["items"], driver.rng) for _ in range(2)))
    rows = [] if "{" in operation.path or "enum" in schema else driver.list_rows(operation.path)
    rows = [row for row in rows if row.get(name) is not None]
    value = driver.rng.choice(rows)[name] if rows else driver.reference(name) if name.endswith("_id") else None
    value = KNOWN_QUERIES.get(name) or contract.make(schema, driver.rng) if value is None else value
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def test_right_queries(driver):
    """Each order, each filter by itself and some of them together, with what it takes beside it."""
    for operation in [o for o in driver.document.operations if o.is_list()]:
        target = driver.targets(operation)[0]
        own = [p["name"] for p in operation.query() if p["name"] not in ("cursor", "page")]
        sorts = operation.parameter("sort")["schema"]["enum"]
        assert {",".join("-" + name for name in sort.split(",")) for sort in sorts if not sort.startswith("-")} == {
            sort for sort in sorts if sort.startswith("-")}, operation
        queries = [{"sort": sort, "per_page": 5} for sort in sorts]
        queries += [{"count": count} for count in operation.parameter("count")["schema"]["enum"]]
        queries += [query_of(driver, operation, name, query_text(driver, operation, name)) for name in own for _ in range(3)]
        for _ in range(10):
            query = {}
            for name in driver.rng.sample(own, min(3, len(own))):
                query.update(query_of(driver, operation, name, query_text(driver, operation, name)))
            queries.append(query)
        queries += [{"page": 2, "per_page": 1}, {"per_page": 1}]
        for query in queries:
            answer = driver.send(operation, target=target, params=query)
            assert answer.status_code == 200, f"{operation} {query}: {answer.text[:400]}"
            driver.document.check(operation, answer, only=query["fields"].split(",") if "fields" in query else None)
        cursor = answer.json()["pagination"]["next_cursor"]
        if cursor:
            driver.document.check(operation, driver.send(operation, target=target, params={"cursor": cursor, "per_page": 1}))
        csv = driver.send(operation, target=target, headers={"Accept": "text/csv"})
        driver.document.check(operation, csv)
        names = list(driver.document.row_schemas(operation)[0]["properties"])
        assert csv.status_code == 200 and csv.text.split("\r\n")[0] == ",".join(names)


def test_wrong_queries(driver):
    before = driver.fingerprint()
    for operation in [o for o in driver.document.operations if o.query()]:
        target = driver.targets(operation)[0]

        def refused(query, name, operation=operation, target=target):
            answer = driver.send(operation, target=target, params=query)
            told = f"{operation} {query}: {answer.status_code} {answer.text[:400]}"
            assert answer.status_code == 400, told
            driver.document.check(operation, answer)
            assert name in problem_names(answer), told

        refused({"no_such_parameter": "1"}, "no_such_parameter")
        for parameter in operation.query():
            name = parameter["name"]
            for what, text in contract.wrong_query_values(parameter):
                if name == "cursor" and what == "control character":
                    continue  # a text like any other
                refused({**query_of(driver, operation, name, text), name: text}, name)
            if "x-needs" in parameter:
                refused({name: query_text(driver, operation, name)}, name)
        if operation.is_list():
            refused({"cursor": "bm9uc2Vuc2U"}, "cursor")
            refused({"cursor": "x", "page": "1"}, "cursor")
            refused([("count", "none"), ("count", "none")], "count")
            orders = [sort for sort in operation.parameter("sort")["schema"]["enum"] if "," in sort and not sort.startswith("-")]
            for sort in orders[:1]:
                refused({"sort": "-" + sort}, "sort")  # one term reversed, the others not
    assert driver.fingerprint() == before


# --- what is written --------------------------------------------------------------------------------------------------


def test_right_bodies(driver):
    """Whatever is taken or refused is declared, and so is the answer; each operation did its work at least once."""
    document, never = driver.document, []
    for operation in driver.order():
        if operation.method == "GET":
            continue
        http, done = driver.asker(operation), 0
        targets = driver.targets(operation, http)
        if operation.path == "/api/csp-reports":
            report = {"csp-report": {"document-uri": "https://x/", "violated-directive": "img-src"}}
            answer = driver.send(operation, http, json=report, headers={"Content-Type": "application/csp-report"})
            document.check(operation, answer)
            assert answer.status_code == 204
            continue
        for n in range(TRIES):
            target = targets[n % len(targets)]
            body = driver.body(operation, (0, 1, 0.5, 0.2)[n % 4]) if operation.schema else None
            answer = driver.send(operation, http, target, json=body)
            assert answer.status_code < 500, f"{operation} {body}: {answer.text[:400]}"
            document.check(operation, answer)
            done += answer.status_code < 300
            for error in answer.json()["errors"] if answer.status_code == 400 else []:
                checked = operation.schema["properties"].get(error["field"], {}).get("x-checked")
                assert checked or not SCHEMA_SAYS.search(error["detail"]), f"{operation} refuses what is right, {body}: {error}"
            if answer.status_code in (201, 204) and operation.method != "PATCH":
                driver.rows.clear()
            if done >= ENOUGH or (done and operation.schema is None):
                break
        if not done:
            never.append((operation, answer.text[:300]))
    assert not never, never


def test_many_rows_at_once(driver):
    document = driver.document
    for operation in [o for o in document.operations if o.many]:
        targets = driver.targets(operation)
        for n in range(TRIES):
            bodies = [driver.body(operation, 0.3) for _ in range(3)] + [{"no_such_member": 1}, 7]
            answer = driver.send(operation, target=targets[n % len(targets)], json=bodies)
            document.check(operation, answer)
            told = answer.json()
            assert answer.status_code == 207 and told["summary"]["rows"] == len(told["data"]) == 5, told
            assert [row["status"] for row in told["data"]][3:] == [400, 400]
            assert told["data"][3]["problem"]["errors"][0]["field"] == "no_such_member"
            assert told["summary"]["stored"] == sum(row["status"] < 300 for row in told["data"])
            if told["summary"]["stored"]:
                break
        else:
            raise AssertionError(f"{operation} stored none: {told}")


def wrong_bodies(driver, operation):
    """(what is violated, the member that must be named, body)"""
    schema, right = operation.schema, driver.body(operation, 0.3)
    for name, member in schema["properties"].items():
        for what, value in contract.wrong_values(member):
            yield f"{name}: {what}", name, {**right, name: value}
    yield "unknown property", "no_such_member", {**right, "no_such_member": 1}
    yield "unknown property, empty name", "", {**right, "": 1}
    for name in schema.get("required", []):
        yield f"{name} is missing", name, {k: v for k, v in right.items() if k != name}
    for what, value in contract.EVERY_TYPE.items():
        if what != "object":
            yield f"body is {what}", "body", value
    if "minProperties" in schema:
        yield "nothing to change", "body", {}
    for shown in driver.document.row_schemas(operation, "200" if operation.method == "PATCH" else "201") if (
            operation.method == "PATCH" or "201" in operation.said["responses"]) else []:
        for name in set(shown.get("properties", {})) - set(schema["properties"]):
            yield f"{name} is only shown", name, {**right, name: 1}


def test_wrong_bodies(driver):
    """Refused by the name of the member, and nothing changes."""
    document = driver.document
    for operation in [o for o in document.operations if o.schema]:
        http, before = driver.asker(operation), driver.fingerprint()
        target = driver.targets(operation, http)[0]

        def refused(status, names, what, operation=operation, http=http, target=target, **kwargs):
            answer = driver.send(operation, http, target, **kwargs)
            told = f"{operation}, {what} {str(kwargs)[:300]}: {answer.status_code} {answer.text[:400]}"
            assert answer.status_code == status, told
            document.check(operation, answer)
            assert set(problem_names(answer)) & set(names), told

        for what, name, body in wrong_bodies(driver, operation):
            refused(400, [name], what, data=json.dumps(body), headers={"Content-Type": "application/json"})
        for text in ("", "{", '{"a":1}x', "\xff", "[]" if operation.many else "{}{}"):
            refused(400, ["body"], "no JSON", data=text.encode("latin-1"), headers={"Content-Type": "application/json"})
        refused(415, ["Content-Type"], "no JSON type", data="{}", headers={"Content-Type": "text/plain"})
        if operation.many:
            refused(400, ["body"], "too many", data=json.dumps([{}] * 501), headers={"Content-Type": "application/json"})
        assert driver.fingerprint() == before, f"a refused {operation} has changed something"


def test_what_isnt_there(driver):
    """404, whatever form the id has."""
    for operation in [o for o in driver.document.operations if o.argument()]:
        http, kinds = driver.asker(operation), contract.types_of(operation.argument()["schema"])
        before = driver.fingerprint()
        targets = [driver.nobodys(operation)]
        if "integer" in kinds or operation.argument()["schema"].get("format") == "uuid":
            targets += [re.sub(r"{\w+}", odd, operation.path) for odd in ("x", "0", "-1", "1.5", "9" * 30)]
        for target in targets:
            body = driver.body(operation, 0) if operation.schema else None
            answer = driver.send(operation, http, target, json=body)
            assert answer.status_code == 404, f"{operation} at {target}: {answer.status_code} {answer.text[:300]}"
            driver.document.check(operation, answer)
        assert driver.fingerprint() == before, operation


def test_who_may_not(driver):
    """Nobody gets 401, the role below gets 403, as problem documents."""
    roles = ROLES
    nobody, people = driver.stack.session(None), {role: driver.stack.session(role) for role in roles}
    before = driver.fingerprint()
    for operation in [o for o in driver.document.operations if o.role != "anybody"]:
        target = re.sub(r"{\w+}", "1", operation.path)
        body = {} if operation.schema else None
        answer = driver.send(operation, nobody, target, json=body)
        assert answer.status_code == 401, operation
        driver.document.check(operation, answer)
        if operation.role != "viewer":
            below = roles[roles.index(operation.role) - 1]
            answer = driver.send(operation, people[below], target, json=body)
            assert answer.status_code == 403, operation
            driver.document.check(operation, answer)
    assert driver.fingerprint() == before


# --- headers ----------------------------------------------------------------------------------------------------------


def test_if_none_match(driver):
    for operation in [o for o in driver.document.operations if o.parameter("If-None-Match")]:
        answer = driver.send(operation, target=driver.targets(operation)[0], headers={"If-None-Match": "*"})
        assert answer.status_code == 304, operation
        driver.document.check(operation, answer)


def member_to_change(driver, operation, row):
    """A change of the row that changes nothing: a member as it is."""
    name = next(name for name in operation.schema["properties"] if row.get(name) is not None and name != "status")
    return {name: row[name]}


def test_if_match(driver):
    """On rows that have versions; the row's ETag is taken once."""
    document = driver.document
    for operation in [o for o in document.operations if o.parameter("If-Match")]:
        get = document.operation("GET", operation.path)
        for target in driver.targets(operation)[:TRIES]:
            etag = driver.send(get, target=target).headers["ETag"]
            row = driver.http.get(target).json()["data"]
            body = member_to_change(driver, operation, row) if operation.schema else None
            before = driver.fingerprint()
            for wrong in ("x", '"x"', f"{etag}, {etag}"):
                answer = driver.send(operation, target=target, json=body, headers={"If-Match": wrong})
                assert answer.status_code == 400 and problem_names(answer) == ["If-Match"], f"{operation} {wrong}: {answer.text}"
                document.check(operation, answer)
            other = re.sub(r"\d+\.", "999999.", etag, count=1)
            answer = driver.send(operation, target=target, json=body, headers={"If-Match": other})
            assert answer.status_code == 412, f"{operation} {other}: {answer.text[:300]}"
            document.check(operation, answer)
            assert answer.json()["current"] == row
            assert driver.fingerprint() == before
            answer = driver.send(operation, target=target, json=body, headers={"If-Match": etag})
            document.check(operation, answer)
            if answer.status_code < 300:
                break
        else:
            raise AssertionError(f"{operation} took none: {answer.text[:300]}")


def test_idempotency_key(driver):
    """Where it is declared the same write is answered the same, and once done; another one with that key is refused."""
    document = driver.document
    for operation in driver.order():
        if not operation.parameter("Idempotency-Key"):
            assert operation.method == "GET" or "422" not in operation.said["responses"]
            continue
        targets = driver.targets(operation)
        for n in range(TRIES):
            key = {"Idempotency-Key": str(uuid.UUID(int=driver.rng.getrandbits(128)))}
            body = driver.body(operation, 0.1 * (n % 4)) if operation.schema else None
            first = driver.send(operation, target=targets[n % len(targets)], json=body, headers=key)
            document.check(operation, first)
            if first.status_code < 300:
                break
        else:
            raise AssertionError(f"{operation} took none: {first.text[:300]}")
        driver.rows.clear()
        before = driver.fingerprint()
        again = driver.send(operation, target=targets[n % len(targets)], json=body, headers=key)
        document.check(operation, again)
        assert again.headers["Idempotency-Replayed"] == "true", operation
        assert (again.status_code, again.text) == (first.status_code, first.text), operation
        another = driver.send(operation, target=targets[n % len(targets)], json=[body, body] if operation.schema else {"x": 1},
                              headers=key)
        assert another.status_code == 422, f"{operation}: {another.status_code} {another.text[:300]}"
        document.check(operation, another)
        for wrong in ("with space", "x" * 129):
            answer = driver.send(operation, target=targets[n % len(targets)], json=body, headers={"Idempotency-Key": wrong})
            assert answer.status_code == 400, operation
            assert problem_names(answer) == ["Idempotency-Key"], f"{operation}: {answer.text[:300]}"
        assert driver.fingerprint() == before, operation
