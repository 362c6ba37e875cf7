# SPDX-License-Identifier: Apache-2.0
"""What holds for every answer: validators, headers, methods, request ids and log lines."""
import json
import re
import socket

import fastcgi
import port
import pytest

from stack import eventually

pytestmark = pytest.mark.front

READS = ["/health/live", "/health/quick", "/health/ready", "/api/openapi.json", "/api/dashboard", "/api/meta", "/api/berths",
         "/api/vessels", "/api/vessels/summary", "/api/vessels/{id}", "/api/vessels/{id}/tallies", "/api/tallies",
         "/api/vessels/{id}/cargo-tally"]
STILL = [r for r in READS if not r.endswith(("summary", "quick"))]  # these two tell the time


@pytest.fixture(scope="module")
def vessel(shared_stack):
    api = port.Api(shared_stack)
    vessel = api.vessel("operations_active")
    api.tally(vessel["id"])
    return vessel["id"]


def at(path, vessel):
    return path.replace("{id}", str(vessel))


@pytest.mark.parametrize("path", STILL)
def test_validator(api, vessel, path):
    for _ in range(3):  # the dashboard's clock may tick between two requests
        first = api.http.get(at(path, vessel))
        etag = first.headers["ETag"].removeprefix("W/")
        again = api.http.get(at(path, vessel), headers={"If-None-Match": etag})
        if again.status_code == 304:
            break
    assert first.status_code == 200 and first.headers["Cache-Control"] == "private, no-cache"
    assert again.status_code == 304 and again.content == b""
    assert again.headers["ETag"].removeprefix("W/") == etag.removeprefix("W/")  # nginx marks what it compressed as weak
    for value, status in ((f'"x", {etag}', 304), (f"W/{etag}", 304), ("*", 304), ('"x"', 200), (etag[:-2] + '"', 200)):
        assert api.http.get(at(path, vessel), headers={"If-None-Match": value}).status_code == status, value


def test_validator_changes_with_the_content(api):
    vessel = api.vessel("operations_active")
    for path in (f"/api/vessels/{vessel['id']}", f"/api/vessels/{vessel['id']}/tallies", "/api/dashboard", "/api/tallies"):
        before = api.http.get(path).headers["ETag"]
        api.tally(vessel["id"])
        assert api.http.get(path, headers={"If-None-Match": before}).status_code == 200, path


def every_kind(api, vessel):
    """Answers of every status that can be had from a healthy stack."""
    http = api.http
    etag = http.get("/api/meta").headers["ETag"]
    return {
        200: http.get("/api/vessels"), 201: http.post("/api/vessels", json={"name": "MV Kind", "vessel_type": "bulk"}),
        304: http.get("/api/meta", headers={"If-None-Match": etag}), 400: http.get("/api/vessels?page=0"),
        404: http.get("/api/nothing"), 405: http.delete("/api/vessels"),
        409: http.patch(f"/api/vessels/{vessel}", json={"status": "expected"}),
        413: http.post("/api/vessels", data=b"{" + b" " * 1048576 + b"}", headers={"Content-Type": "application/json"}),
        414: http.get("/api/vessels?q=" + "x" * 6000),
        415: http.post("/api/vessels", data=b"{}", headers={"Content-Type": "text/plain"}),
    }


def test_headers_on_every_answer(api, vessel):
    for status, response in every_kind(api, vessel).items():
        assert response.status_code == status, response.text
        assert response.headers["X-Content-Type-Options"] == "nosniff", status
        assert response.headers["X-Frame-Options"] == "DENY", status
        for name in ("Content-Security-Policy", "Referrer-Policy", "Cross-Origin-Resource-Policy"):
            assert response.headers.get(name), (status, name)
            assert "," not in response.headers[name] or name == "Content-Security-Policy", f"{name} is there twice"
        assert re.search("no-store|no-cache", response.headers["Cache-Control"]), status
        assert "Server" not in response.headers or not re.search(r"\d", response.headers["Server"]), "a version is told"


def test_documents_of_the_page_have_theirs(api):
    response = api.http.get("/")
    for name in port.SECURITY_HEADERS:
        assert response.headers.get(name), name
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", STILL)
def test_head(api, vessel, path):
    for _ in range(3):
        get, head = api.http.get(at(path, vessel)), api.http.head(at(path, vessel))
        # Apache compresses no HEAD, and so doesn't mark its tag as weak.
        tags = [answer.headers["ETag"].removeprefix("W/") for answer in (get, head)]
        if tags[0] == tags[1]:
            break
    assert head.status_code == 200 and head.content == b""
    # The responder's own answer: nginx drops the length when it compresses.
    raw = fastcgi.ask(api.stack.fcgi_socket, "HEAD", at(path, vessel))
    assert raw[0] == 200 and raw[2] == b"" and int(raw[1]["Content-Length"]) > 0
    assert tags[0] == tags[1]


@pytest.mark.parametrize("path, allow", [
    ("/api/vessels", "GET, HEAD, POST"), ("/api/vessels/{id}", "GET, HEAD, PATCH"), ("/api/dashboard", "GET, HEAD"),
    ("/api/vessels/{id}/tallies", "GET, HEAD, POST"), ("/api/tallies", "GET, HEAD"), ("/health/live", "GET, HEAD"),
    ("/api/tallies/7d444840-9dc0-11d1-b245-5ffdce74fad2/void", "POST"),
    ("/api/vessels/{id}/cargo-tally", "GET, HEAD, POST"), ("/api/vessels/summary", "GET, HEAD"),
])
def test_wrong_method(api, vessel, path, allow):
    allowed = set(allow.split(", "))
    before = api.stored()
    for method in ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "REPORT"):
        if method in allowed or (path.endswith("summary") and method == "PATCH"):
            continue
        response = api.http.request(method, at(path, vessel), json={} if method in ("POST", "PUT", "PATCH") else None)
        assert response.status_code == 405, method
        assert set(response.headers["Allow"].split(", ")) == allowed
        if method != "HEAD":
            port.problem_fields(response)
    assert api.stored() == before


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/vessels/1/nothing", "/api/vessels/1/tallies/2",
                                  "/health/nothing", "/api/Vessels", "/api/dashboard/x", "/api/tallies/1"])
def test_no_such_address(api, path):
    response = api.http.get(path)
    assert response.status_code in (400, 404)
    port.problem_fields(response)


def test_request_id_is_in_answer_and_log(api, vessel):
    answers = list(every_kind(api, vessel).values())
    ids = [a.headers["X-Request-Id"] for a in answers if a.status_code not in (413, 414)]
    assert len(set(ids)) == len(ids)

    def logged():
        found = {line["request_id"]: line for line in api.stack.logs() if line["event"] == "request"}
        return found if set(ids) <= found.keys() else None
    lines = eventually(logged, "the line of each, which is written after its answer")
    for answer in answers:
        if answer.status_code in (413, 414):  # nginx's own
            assert answer.json()["request_id"]
            continue
        line = lines[answer.headers["X-Request-Id"]]
        assert line["status"] == answer.status_code and line["method"] == answer.request.method
        if answer.status_code >= 400:
            assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_request_id_that_would_forge_the_log_is_replaced(stack):
    for bad in ('x"} {"a":"b', "short", "a" * 65, "äöüäöüäöü", ""):
        status, headers, _ = fastcgi.ask(stack.fcgi_socket, "GET", "/health/live", REQUEST_ID=bad)
        assert status == 200 and re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-Id"])
    assert fastcgi.ask(stack.fcgi_socket, "GET", "/health/live", REQUEST_ID="mine-12345")[1]["X-Request-Id"] == "mine-12345"


def test_every_log_line_is_json(api):
    nasty = '%22%7D%0A%7B%22level%22%3A%22error%22%7D%1b[2J\\u0000"é'
    for uri in (f"/api/{nasty}", f"/api/vessels?q={nasty}", "/api/" + "é" * 300, "/api/\x01\x02\n{}"):
        fastcgi.ask(api.stack.fcgi_socket, "GET", uri)
        fastcgi.ask(api.stack.fcgi_socket, 'GE"T\n', uri, REMOTE_ADDR='"\n')
    lines = api.stack.log_lines()
    assert len(lines) > 10
    for line in lines:
        assert {"time", "level", "program", "pid", "event"} <= set(json.loads(line))


def test_large_answers_come_compressed_for_who_wants_it(api):
    for n in range(8):
        api.vessel(notes="x" * 500)
    plain = api.http.get("/api/vessels", headers={"Accept-Encoding": "identity"})
    packed = api.http.get("/api/vessels", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert packed.json()["data"] == plain.json()["data"]
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_nothing_listens_but_on_loopback(stack):
    with pytest.raises(OSError):
        socket.create_connection((socket.gethostbyname(socket.gethostname()), stack.port), 2).close()
        if socket.gethostbyname(socket.gethostname()).startswith("127."):
            raise OSError("no other address to try")
