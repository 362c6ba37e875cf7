# SPDX-License-Identifier: Apache-2.0
"""The API's description (GET /api/openapi.json) as tests use it: its operations, whether an answer fits what it says, and
values made from its schemas, right ones and wrong ones."""
import datetime
import json
import re
import uuid

import jsonschema

METHODS = ("get", "post", "patch", "delete")
INT64 = 2 ** 63 - 1

formats = jsonschema.FormatChecker(formats=())


def checks(name, raises):
    def decorate(check):
        return formats.checks(name, raises)(lambda value: not isinstance(value, str) or check(value))
    return decorate


@checks("date-time", ValueError)
def is_time(value):
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", value)) and bool(
        datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", value).replace("Z", "+00:00")))


@checks("date", ValueError)
def is_date(value):
    return bool(datetime.date.fromisoformat(value))


@checks("uuid", ValueError)
def is_uuid(value):
    return str(uuid.UUID(value)) == value.lower()


@checks("uri", ValueError)
def is_uri(value):
    return bool(re.match(r"[a-z]+:", value))


def refuse_twins(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a member stands there twice: {names}"
    return dict(pairs)


class Operation:
    def __init__(self, document, path, method, said):
        self.document = document
        self.path = path
        self.method = method.upper()
        self.said = said
        self.name = said["operationId"]
        self.role = said["x-role"]
        self.parameters = [document.follow(p) for p in said["parameters"]]
        content = said.get("requestBody", {}).get("content", {})
        self.body_types = list(content)
        self.schema = document.follow(content["application/json"]["schema"]) if "application/json" in content else None
        self.many = self.schema is not None and "oneOf" in self.schema
        if self.many:
            self.schema = document.follow(self.schema["oneOf"][0])

    def __repr__(self):
        return f"{self.method} {self.path}"

    def query(self):
        return [p for p in self.parameters if p["in"] == "query"]

    def parameter(self, name):
        return next((p for p in self.parameters if p["name"] == name), None)

    def argument(self):
        """The path's argument; there is one at most."""
        found = [p for p in self.parameters if p["in"] == "path"]
        assert [p["name"] for p in found] == re.findall(r"{(\w+)}", self.path), self
        assert len(found) <= 1, "the driver fills one argument"
        return found[0] if found else None

    def collection(self):
        """The path that lists what the argument stands for."""
        return self.path.split("/{")[0]

    def is_list(self):
        return self.parameter("cursor") is not None

    def by_session_only(self):
        return self.said["security"] == [{"session": []}]


class Document:
    def __init__(self, text):
        self.whole = json.loads(text, object_pairs_hook=refuse_twins)
        self.resolver = jsonschema.RefResolver.from_schema(self.whole)
        self.operations = [Operation(self, path, method, said) for path, item in self.whole["paths"].items()
                           for method, said in item.items()]
        assert {o.method.lower() for o in self.operations} <= set(METHODS)
        self.validators = {}

    def operation(self, method, path):
        return next((o for o in self.operations if (o.method, o.path) == (method, path)), None)

    def follow(self, schema):
        while "$ref" in schema:
            schema = self.resolver.resolve(schema["$ref"])[1]
        return schema

    def wrong(self, schema, value):
        """What of the value isn't as the schema says: a list of texts."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft202012Validator(schema, resolver=self.resolver, format_checker=formats)
        return [f"{error.json_path}: {error.message[:300]}" for error in self.validators[key].iter_errors(value)]

    def row_schemas(self, operation, status="200"):
        """The schemas of the answer's rows, the whole one first."""
        content = self.follow(operation.said["responses"][status]).get("content", {})
        schema = self.follow(content["application/json"]["schema"])
        data = schema.get("properties", {}).get("data")
        if data is None:
            return [schema]
        data = self.follow(data)
        data = self.follow(data["items"]) if data.get("type") == "array" else data
        return [self.follow(one) for one in data.get("anyOf", [data])]

    def check(self, operation, answer, only=None):
        """Asserts that the answer is one that the operation is said to have. `only`: the members that were asked for."""
        told = f"{operation}: {answer.status_code} {answer.text[:500]}"
        status, kind = str(answer.status_code), answer.headers.get("Content-Type", "").split(";")[0]
        assert status in operation.said["responses"], f"this status isn't declared: {told}"
        response = self.follow(operation.said["responses"][status])
        for name in set(response.get("headers", {})) & {"X-Request-Id", "ETag", "Location", "WWW-Authenticate"}:
            assert name in answer.headers or (kind, name) == ("text/csv", "ETag"), f"no {name}: {told}"
        content = response.get("content")
        if content is None:
            assert answer.content == b"", told
            return
        assert kind in content, f"{kind} isn't declared: {told}"
        if "json" not in kind:
            return
        value = answer.json()
        wrong = self.wrong(content[kind]["schema"], value)
        assert not wrong, f"{wrong[:3]} in {told}"
        if status in ("200", "201") and "json" in kind:
            self.check_order(operation, status, value, only)

    def check_order(self, operation, status, value, only):
        schema = self.row_schemas(operation, status)[0]
        if "properties" not in schema:
            return
        declared = [name for name in schema["properties"] if only is None or name in only]
        rows = value["data"] if list(value)[:1] == ["data"] else value
        for row in rows if isinstance(rows, list) else [rows]:
            found = list(row) if schema.get("additionalProperties") is False else list(row)[:len(declared)]
            assert found == (only or declared), f"{operation}: members {found}, declared are {declared}"


# --- right values ---------------------------------------------------------------------------------------------------


def types_of(schema):
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def make_text(schema, rng):
    low, high = schema.get("minLength", 0), schema.get("maxLength", 60)
    length = rng.choice([low, high, rng.randint(low, min(high, low + 30))]) if high <= 200 else rng.randint(low, low + 30)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789" if "pattern" in schema else "abcdefghijklm NOPQRST-äß船😀'\"\\%<&;=+"
    text = "".join(rng.choice(letters) for _ in range(length))
    return rng.choice("abcxyz") + text[1:] if text else text


def fits_lengths(schema, text):
    return schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", INT64)


def alike(text, rng):
    """Another text of the same form: other letters and digits in their places."""
    classes = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789")
    return "".join(rng.choice(next((of for of in classes if c in of), c)) for c in text)


def make_time(rng):
    return (datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
            + datetime.timedelta(minutes=rng.randint(-5000, 40000)))


def make(schema, rng):
    """A value that the schema takes, other than null."""
    kind = next((k for k in types_of(schema) if k != "null"), "object")
    if "enum" in schema:
        return rng.choice([choice for choice in schema["enum"] if choice is not None])
    if kind == "integer":
        low, high = schema.get("minimum", 0), schema.get("maximum", INT64)
        near = rng.randint(low, min(high, low + 200))
        return rng.choice([low, min(low + 1, high), near, near, min(high, low + 10 ** 6), high])
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "array":
        size = rng.randint(schema.get("minItems", 0), min(3, schema.get("maxItems", 3)))
        found = [make(schema["items"], rng) for _ in range(size)]
        return [one for n, one in enumerate(found) if one not in found[:n]]
    if kind == "object":
        names = schema.get("propertyNames", {}).get("enum", [])
        chosen = rng.sample(names, min(len(names), rng.randint(0, 3)))
        return {name: make(schema["additionalProperties"], rng) for name in chosen}
    made = {"date-time": lambda: make_time(rng).isoformat().replace("+00:00", "Z"),
            "date": lambda: make_time(rng).date().isoformat(),
            "uuid": lambda: str(uuid.UUID(int=rng.getrandbits(128), version=4))}
    return made.get(schema.get("format"), lambda: make_text(schema, rng))()


# --- wrong values ---------------------------------------------------------------------------------------------------

EVERY_TYPE = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}, "null": None}


def wrong_values(schema):
    """(what is violated, value) for each constraint of a member's schema."""
    kinds = types_of(schema)
    for kind, value in EVERY_TYPE.items():
        if kind not in kinds and not (kind == "integer" and "number" in kinds):
            yield f"type {kind}", value
    if "string" in kinds:
        yield from wrong_texts(schema)
    if "integer" in kinds:
        yield "more than 64 bits", 2 ** 63
        yield "fewer than -64 bits", -2 ** 63 - 1
        for name, step in (("minimum", -1), ("maximum", 1)):
            if name in schema:
                yield name, schema[name] + step
    if "array" in kinds:
        yield from wrong_arrays(schema)
    if "object" in kinds and "propertyNames" in schema:
        names, each = schema["propertyNames"]["enum"], schema["additionalProperties"]
        yield "propertyNames", {"no such name": 1}
        for what, value in wrong_values(each):
            yield f"a value: {what}", {names[0]: value}


def wrong_texts(schema):
    if "enum" in schema:
        yield "enum", "no such choice"
        yield "enum, case", schema["enum"][0].upper()
    elif "format" in schema:
        yield "format", "never"
        yield "format, empty", ""
        impossible = {"date": "2030-02-30", "date-time": "2030-02-30T00:00:00Z", "uuid": "z" * 36}
        yield "format, not possible", impossible[schema["format"]]
    else:
        if schema.get("minLength", 0) > 0:
            yield "minLength", "x" * (schema["minLength"] - 1)
        if "maxLength" in schema:
            yield "maxLength", "x" * (schema["maxLength"] + 1)
            yield "maxLength in characters", "ä" * (schema["maxLength"] + 1)
        yield "control character", "\x01" * max(1, schema.get("minLength", 0))
        yield "NUL", "\0" * max(1, schema.get("minLength", 0))


def wrong_arrays(schema):
    each = schema["items"]
    for what, value in wrong_values(each):
        yield f"an item: {what}", [value]
    if "pattern" in each:
        yield "an item: pattern", ["Not So"]
        yield "an item: pattern, first character", ["-x"]
    if schema.get("uniqueItems"):
        yield "uniqueItems", ["same", "same"]
    if "maxItems" in schema:
        yield "maxItems", [f"w{n}" for n in range(schema["maxItems"] + 1)]


def wrong_query_values(parameter):
    """(what is violated, text) for a query parameter."""
    schema = parameter["schema"]
    kinds = types_of(schema)
    if "array" in kinds:
        each = schema["items"]
        yield "empty", ""
        if "enum" in each:
            yield "enum", "no such choice"
            yield "an empty one", f"{each['enum'][0]},"
            if schema.get("uniqueItems"):
                yield "uniqueItems", f"{each['enum'][0]},{each['enum'][0]}"
        if "pattern" in each:
            yield "pattern", "Not So"
            yield "maxLength", "x" * (each["maxLength"] + 1)
        return
    if "integer" in kinds:
        for what, text in (("type", "x"), ("a fraction", "1.5"), ("empty", ""), ("64 bits", str(2 ** 63))):
            yield what, text
        for name, step in (("minimum", -1), ("maximum", 1)):
            if name in schema:
                yield name, str(schema[name] + step)
    elif "boolean" in kinds:
        for text in ("1", "yes", "TRUE", ""):
            yield "type", text
    else:
        for what, text in wrong_texts(schema):
            if "NUL" not in what:  # is refused before anybody asks what it is for
                yield what, text
