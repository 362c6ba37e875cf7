# SPDX-License-Identifier: Apache-2.0
"""Whatever a client sends: 4xx, a problem document that names what is wrong, nothing stored, and the same responder
answers the next request. (The fixture `stack` fails a test that made a 5xx or ended a responder.)"""
import json
import socket

import fastcgi
import port
import pytest

pytestmark = pytest.mark.front

JSON = {"Content-Type": "application/json"}


def vessel_text(**members):
    return json.dumps({"name": "MV Bad", "vessel_type": "roro", **members}).encode()


def deep(n):
    return b'{"a":' * n + b"1" + b"}" * n


BODIES = {
    "empty": (b"", "body"), "blank": (b"   ", "body"), "no json": (b"hello", "body"), "cut": (b'{"name":"x"', "body"),
    "trailing comma": (b'{"name":"x",}', "body"), "single quotes": (b"{'name':'x'}", "body"),
    "comment": (b'/* */{"name":"x"}', "body"), "two documents": (vessel_text() + b"{}", "body"),
    "garbage behind": (vessel_text() + b" x", "body"), "array": (b"[]", "body"), "string": (b'"name"', "body"),
    "number": (b"5", "body"), "null": (b"null", "body"), "NaN": (b"NaN", "body"), "true": (b"true", "body"),
    "NUL behind": (vessel_text() + b"\0", "body"), "NUL in front": (b"\0" + vessel_text(), "body"),
    "byte order mark": (b"\xef\xbb\xbf" + vessel_text(), "body"), "UTF-16": (vessel_text().decode().encode("utf-16"), "body"),
    "bad UTF-8": (b'{"name":"\xff\xfe","vessel_type":"roro"}', "body"),
    "overlong UTF-8": (b'{"name":"\xc0\x80","vessel_type":"roro"}', "body"),
    "surrogate in UTF-8": (b'{"name":"\xed\xa0\x80","vessel_type":"roro"}', "body"),
    "cut UTF-8": (b'{"name":"\xe2\x82","vessel_type":"roro"}', "body"),
    "NUL in a string": (b'{"name":"a\\u0000b","vessel_type":"roro"}', "name"),
    "control character": (b'{"name":"a\\u0001b","vessel_type":"roro"}', "name"),
    "raw control character": (b'{"name":"a\x01b","vessel_type":"roro"}', ("name", "body")),
    "lone surrogate": (b'{"name":"a\\ud800b","vessel_type":"roro"}', ("name", "body", None)),
    "deep": (deep(8), ("a", "body")), "deeper": (deep(1000), "body"), "deepest": (deep(100000), "body"),
    "deep arrays": (b'{"name":' + b"[" * 200000, "body"),
    "deep in a member": (b'{"cargo_capacity":' + deep(500) + b"}", "body"),
    "huge number": (vessel_text()[:-1] + b',"gangs":' + b"9" * 400 + b"}", "gangs"),
    "exponent": (vessel_text()[:-1] + b',"gangs":1e3}', "gangs"),
    "huge exponent": (vessel_text()[:-1] + b',"gangs":1e999999}', ("gangs", "body")),
    "2^63": (vessel_text(gangs=2 ** 63), "gangs"), "-2^63-1": (vessel_text(gangs=-2 ** 63 - 1), "gangs"),
    "2^32+1": (vessel_text(gangs=2 ** 32 + 1), "gangs"), "fraction": (vessel_text(gangs=1.5), "gangs"),
    "number as text": (vessel_text(gangs="3"), "gangs"), "truth as number": (vessel_text(gangs=True), "gangs"),
    "text as number": (vessel_text(name=7), "name"), "list as text": (vessel_text(name=["x"]), "name"),
    "object as text": (vessel_text(name={"x": 1}), "name"), "unknown": (vessel_text(colour="red"), "colour"),
    "unknown empty name": (b'{"":1}', ("", "name")), "prototype": (vessel_text(__proto__={}), "__proto__"),
    "SQL as name of a member": (b'{"name\\"; DROP TABLE vessels; --":1}', "name\"; DROP TABLE vessels; --"),
    "same member twice, last wrong": (b'{"name":"x","vessel_type":"roro","name":3}', ("name", "body")),
    "cargo huge": (vessel_text(cargo_capacity={"automobile": 10 ** 30}), "cargo_capacity"),
    "cargo text": (vessel_text(cargo_capacity={"automobile": "5"}), "cargo_capacity"),
    "cargo null": (vessel_text(cargo_capacity=None), "cargo_capacity"),
    "cargo nested": (vessel_text(cargo_capacity={"automobile": {"van": 1}}), "cargo_capacity"),
    "time with NUL": (vessel_text(eta="2031-01-01T00:00:00Z\0"), "eta"),
    "time far away": (vessel_text(eta="99999-01-01T00:00:00Z"), "eta"),
    "time zone far away": (vessel_text(eta="2031-01-01T00:00:00+99:00"), "eta"),
    "time in year 0": (vessel_text(eta="0000-01-01T00:00:00Z"), "eta"),
    "leap second of no minute": (vessel_text(eta="2031-01-01T00:00:61Z"), "eta"),
    "29 February of no leap year": (vessel_text(eta="2031-02-29T00:00:00Z"), "eta"),
}


@pytest.mark.parametrize("case", BODIES)
def test_bodies(api, case):
    body, field = BODIES[case]
    fields = field if isinstance(field, tuple) else (field,)
    before = api.stored()
    response = api.http.post("/api/vessels", data=body, headers=JSON)
    if None in fields and response.status_code == 201:
        return  # may be taken, as long as it is stored as valid text
    assert response.status_code == 400, response.text
    assert set(port.problem_fields(response)) & set(fields), response.text
    assert api.stored() == before


@pytest.mark.parametrize("type_", ["text/plain", "text/json", "application/xml", "multipart/form-data; boundary=x",
                                   "application/x-www-form-urlencoded", "application/jsonx", "", "application/"])
def test_other_media_types(api, type_):
    response = api.http.post("/api/vessels", data=vessel_text(), headers={"Content-Type": type_})
    assert response.status_code == 415 and port.problem_fields(response) == ["Content-Type"]


@pytest.mark.parametrize("type_", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"])
def test_json_by_other_names(api, type_):
    response = api.http.post("/api/vessels", data=vessel_text(), headers={"Content-Type": type_})
    assert response.status_code == 201


PATHS = ["/api/vessels%2F1", "/api/vessels/1%2Ftallies", "/api/vessels/%00", "/api/vessels/1%00", "/api/vessels/%zz",
         "/api/vessels/%", "/api/vessels/%F", "/api/vessels/%ff%fe", "/api/vessels/%0a", "/api/vessels/%7f",
         "/api//vessels", "/api/vessels/", "/api/./vessels", "/api/vessels/..", "/api/%2e%2e/x", "/api/vessels/%c0%af",
         "/api/" + "a/" * 100 + "b", "/api/" + "a" * 1500, "/api/vessels?" + "a=1&" * 2000,
         "/api/vessels?" + "&".join(f"p{i}=1" for i in range(200))]


@pytest.mark.parametrize("uri", PATHS, ids=lambda uri: uri[:30])
def test_addresses(api, uri):
    """As nginx passes them on, and as they are when something else passes them on."""
    status, headers, body = fastcgi.ask(api.stack.fcgi_socket, "GET", uri)
    assert status in (400, 414), body
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["errors"][0]["field"] in ("path", "query", "a", "p0"), body
    through = raw_http(api.stack, f"GET {uri} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert int(through.split()[1]) in (400, 404, 414), through[:300]


@pytest.mark.parametrize("uri", ["", "api/vessels", "*", "http://x/api/vessels", "?", "/api/vessels\0"])
def test_addresses_that_no_web_server_sends(stack, uri):
    answer = fastcgi.ask(stack.fcgi_socket, "GET", uri)
    assert answer[0] in (400, 404) or uri.endswith("\0")
    assert fastcgi.ask(stack.fcgi_socket, "GET", "/health/live")[0] == 200


def raw_http(stack, data):
    with socket.create_connection(("127.0.0.1", stack.port), 15) as s:
        s.sendall(data)
        out = b""
        while chunk := s.recv(65536):
            out += chunk
    return out


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/9.9\r\n\r\n", b"\0\0\0\0\r\n\r\n",
                                  b"GET /api/vessels HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
                                  b"POST /api/vessels HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                                  b"GET /api/vessels HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40000 + b"\r\n\r\n"],
                         ids=["TLS", "version", "NULs", "negative", "two lengths", "large header"])
def test_not_http(stack, data):
    answer = raw_http(stack, data)
    assert not answer or answer.startswith(b"<") or answer.split()[1][:1] == b"4" or answer.split()[1] == b"505", answer[:200]
    assert stack.session().get("/health/live").status_code == 200


def test_too_large_body(api):
    before = api.stored()
    response = api.http.post("/api/vessels", data=vessel_text(notes="x" * 1100000), headers=JSON)
    assert response.status_code == 413 and port.problem_fields(response) == ["body"]
    status, _, body = fastcgi.ask(api.stack.fcgi_socket, "POST", "/api/vessels", vessel_text(notes="x" * 1100000))
    assert status == 413 and json.loads(body)["errors"][0]["field"] == "body"
    assert api.stored() == before


@pytest.mark.parametrize("length, status", [("-1", 400), ("x", 400), ("99999999999999999999", 400), ("1e3", 400),
                                            ("9223372036854775807", 413), ("1048577", 413), ("0x10", 400), (" 5", 400)])
def test_claimed_lengths(stack, length, status):
    answer = fastcgi.ask(stack.fcgi_socket, "POST", "/api/vessels", b"hello", CONTENT_LENGTH=length)
    assert answer[0] == status, answer
    assert json.loads(answer[2])["errors"][0]["field"] in ("Content-Length", "body")


@pytest.mark.parametrize("missing", [1, 10, 40])
def test_body_shorter_than_claimed(api, missing):
    """The web server says that the body is complete before it is: what came must not be taken for the whole."""
    body = vessel_text()
    before = api.stored()
    status, _, answer = fastcgi.ask(api.stack.fcgi_socket, "POST", "/api/vessels", body[:-missing], CONTENT_LENGTH=len(body))
    assert status == 400 and json.loads(answer)["errors"][0]["field"] == "body"
    # Even when what came is valid by itself.
    status, _, answer = fastcgi.ask(api.stack.fcgi_socket, "POST", "/api/vessels", body, CONTENT_LENGTH=len(body) + missing)
    assert status == 400 and json.loads(answer)["errors"][0]["field"] == "body"
    assert api.stored() == before


def test_body_longer_than_claimed(api):
    body = vessel_text()
    before = api.stored()
    status, _, answer = fastcgi.ask(api.stack.fcgi_socket, "POST", "/api/vessels", body, CONTENT_LENGTH=len(body) - 5)
    assert status == 400, answer
    assert api.stored() == before


def test_no_parameters_at_all(stack):
    with fastcgi.connect(stack.fcgi_socket) as s:
        s.sendall(fastcgi.begin() + fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN))
        answer = fastcgi.read_answer(s)
    assert answer is not None and 400 <= answer[0] < 500


def test_headers_too_large(stack):
    status, _, _ = fastcgi.ask(stack.fcgi_socket, "GET", "/health/live", HTTP_X="y" * 40000)
    assert status == 431


@pytest.mark.parametrize("text", ["'; DROP TABLE vessels; --", '"', "\\", "%s%n%x", "${jndi:ldap://x}", "<script>alert(1)</script>",
                                  "\u202e\u200b", "😀" * 100, "a\tb\nc", "'' OR 1=1"])
def test_odd_text_is_stored_as_it_is(api, text):
    vessel = api.vessel(name=text, notes=text, line=text)
    assert vessel["name"] == vessel["notes"] == vessel["line"] == text
    assert api.read(vessel["id"]) == vessel
    if len(text) >= 3:  # what can be looked for
        assert vessel["id"] in [v["id"] for v in api.get("/api/vessels", q=text, per_page=100, sort="-id")["data"]]
