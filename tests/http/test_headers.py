# SPDX-License-Identifier: Apache-2.0
"""Security headers: on every answer, whoever made it, each once; HSTS over TLS and only there."""
import http.client
import os
import socket
import ssl

import fastcgi
import pytest
import tls

import apache
from stack import Stack, free_port

pytestmark = pytest.mark.front

API_CSP = "default-src 'none'; frame-ancestors 'none'"
PAGE_CSP = ("default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
            "report-uri /api/csp-reports; report-to csp")
PROGRAM, SERVER = {"Content-Security-Policy": API_CSP, "Referrer-Policy": "no-referrer"}, {
    "Content-Security-Policy": PAGE_CSP, "Referrer-Policy": "same-origin"}
BOTH = {
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Reporting-Endpoints": 'csp="/api/csp-reports"', "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
}
HSTS = "max-age=31536000"
JSON = {"Content-Type": "application/json"}
REPORT = b'{"csp-report": {"document-uri": "https://a.example/", "violated-directive": "img-src"}}'

# Who answers, status (where they differ: nginx's, Apache's), method, path, headers, body.
CASES = [
    (SERVER, 200, "GET", "/", {}, None),
    (SERVER, 200, "HEAD", "/", {}, None),
    (SERVER, 200, "GET", "/vessels/7", {}, None),
    (SERVER, 200, "GET", "/assets/a-1.js", {}, None),
    (SERVER, 200, "GET", "/sw.js", {}, None),
    (SERVER, 200, "GET", "/manifest.webmanifest", {}, None),
    (SERVER, 200, "GET", "/assets/a-1.js", {"Range": "bytes=900-901"}, None),
    (SERVER, 304, "GET", "/assets/a-1.js", {"If-Modified-Since": "@ITS@"}, None),
    (SERVER, 404, "GET", "/nothing", {}, None),
    (SERVER, 404, "GET", "/assets/nothing.js", {}, None),
    (SERVER, 405, "POST", "/", JSON, b"{}"),
    (SERVER, 405, "TRACE", "/api/vessels", {}, None),
    (SERVER, 413, "POST", "/api/vessels", JSON, b" " * 1048577),
    (SERVER, 413, "POST", "/api/csp-reports", JSON, b" " * 1048577),
    (SERVER, 414, "GET", "/api/vessels?q=" + "x" * 9000, {}, None),
    (SERVER, (400, 404), "GET", "/api/vessels/%00", {}, None),
    (SERVER, 400, "GET", "/api/vessels", {"X-Large": "x" * 9000}, None),
    (SERVER, (501, 400), "POST", "/api/vessels", {"Transfer-Encoding": "bzip2"}, None),
    (PROGRAM, 200, "GET", "/api/dashboard", {}, None),
    (PROGRAM, 200, "HEAD", "/api/dashboard", {}, None),
    (PROGRAM, 200, "GET", "/api/vessels", {"Accept-Encoding": "gzip"}, None),
    (PROGRAM, 200, "GET", "/api/vessels", {"Accept": "text/csv"}, None),
    (PROGRAM, 200, "HEAD", "/api/vessels", {"Accept": "text/csv"}, None),
    (PROGRAM, 201, "POST", "/api/vessels", JSON, b'{"name": "MV Head", "vessel_type": "bulk"}'),
    (PROGRAM, 204, "POST", "/api/logout", {}, None),
    (PROGRAM, 304, "GET", "/api/meta", {"If-None-Match": "*"}, None),
    (PROGRAM, 400, "GET", "/api/vessels?page=0", {}, None),
    (PROGRAM, 400, "GET", "/api/vessels%2F1", {}, None),
    (PROGRAM, 401, "GET", "/api/dashboard", {"Authorization": "Bearer x"}, None),
    (PROGRAM, 401, "POST", "/api/login", JSON, b'{"username": "nobody", "password": "wrong battery"}'),
    (PROGRAM, 403, "POST", "/api/me/keys", JSON, b'{"name": "a key makes no keys", "role": "viewer"}'),
    (PROGRAM, 404, "GET", "/api/nothing", {}, None),
    (PROGRAM, 404, "GET", "/api/vessels/999999999", {}, None),
    (PROGRAM, 405, "DELETE", "/api/vessels", {}, None),
    (PROGRAM, 414, "GET", "/api/vessels?q=" + "x" * 6000, {}, None),
    (PROGRAM, 431, "GET", "/api/vessels", {f"X-Large-{n}": "x" * 7000 for n in range(3)}, None),
    (PROGRAM, 415, "POST", "/api/vessels", {"Content-Type": "text/plain"}, b"{}"),
    (PROGRAM, 200, "GET", "/health/live", {}, None),
    (PROGRAM, 200, "GET", "/health", {}, None),
    (PROGRAM, 200, "GET", "/health/quick", {}, None),
    (PROGRAM, 200, "GET", "/metrics", {}, None),
]


class Site:
    """A stack whose web server listens with TLS as well, with a page of its own."""

    def __init__(self, stack):
        self.stack = stack
        self.tls_port = free_port()
        stack.web_root = os.path.join(stack.run_dir, "page")
        os.makedirs(os.path.join(stack.web_root, "assets"))
        for name in ("index.html", "assets/a-1.js", "sw.js", "manifest.webmanifest"):
            with open(os.path.join(stack.web_root, name), "w", encoding="ascii") as f:
                f.write("<!doctype html><title>x</title>\n")
        self.authority = tls.Authority(stack)
        self.certificate, self.key = self.authority.sign()
        stack.stop_web()
        stack.start_web(change=self.with_tls)

    def with_tls(self, text):
        if self.stack.front != "nginx":
            return apache.also_with_tls(self.stack, text, self.tls_port, self.certificate, self.key)
        plain = f"listen 127.0.0.1:{self.stack.port};"
        assert plain in text
        return text.replace(plain, f"""{plain} listen 127.0.0.1:{self.tls_port} ssl;
            ssl_certificate {self.certificate}; ssl_certificate_key {self.key};""")

    def status(self, status):
        return status if isinstance(status, int) else status[self.stack.front != "nginx"]

    def connect(self, over_tls, **kwargs):
        if not over_tls:
            return http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=60, **kwargs)
        context = ssl.create_default_context(cafile=self.authority.certificate)
        context.check_hostname = False
        return http.client.HTTPSConnection("127.0.0.1", self.tls_port, timeout=60, context=context, **kwargs)

    def ask(self, over_tls, method, path, headers, body, **kwargs):
        connection = self.connect(over_tls, **kwargs)
        try:
            connection.request(method, path, body, {"Authorization": f"Bearer {fastcgi.KEY}", **headers})
            answer = connection.getresponse()
            answer.read()
            return answer
        finally:
            connection.close()

    def send_bytes(self, data, port=None):
        with socket.create_connection(("127.0.0.1", port or self.stack.port), 60) as s:
            s.sendall(data)
            answer = http.client.HTTPResponse(s)
            answer.begin()
            answer.read()
            return answer


@pytest.fixture(scope="module")
def site():
    # As many bytes of headers as the program takes by default don't get past the web server.
    with Stack(responders=2, env={"RATE_LIMIT": "on", "RATE_LIMIT_REPORT": "2/minute", "MAX_HEADER_BYTES": "16384"}) as stack:
        yield Site(stack)


def check(answer, whose, over_tls=False):
    for name, value in {**BOTH, **whose}.items():
        assert answer.headers.get_all(name) == [value], name
    assert answer.headers.get_all("Strict-Transport-Security") == ([HSTS] if over_tls else None)
    for name in ("Cache-Control", "Retry-After", "Content-Type"):
        assert len(answer.headers.get_all(name, [])) <= 1, name
    assert (answer.headers["X-Request-Id"] is not None) == (whose is PROGRAM), "somebody else answered"


@pytest.mark.parametrize("over_tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("case", CASES, ids=[f"{case[2]} {case[3][:30]} {case[1]}" for case in CASES])
def test_each_header_once(site, case, over_tls):
    whose, status, method, path, headers, body = case
    if "If-Modified-Since" in headers:
        headers = {"If-Modified-Since": site.ask(over_tls, "GET", path, {}, None).headers["Last-Modified"]}
    answer = site.ask(over_tls, method, path, headers, body)
    assert answer.status == site.status(status)
    check(answer, whose, over_tls)


@pytest.mark.parametrize("over_tls", [False, True], ids=["plain", "TLS"])
def test_a_limit_that_is_reached(site, over_tls):
    """204 until then, 429 afterwards; in the worst case the minute ends between, once."""
    answers = [site.ask(over_tls, "POST", "/api/csp-reports", {"Content-Type": "application/csp-report"}, REPORT) for _ in range(6)]
    assert {answer.status for answer in answers} <= {204, 429} and answers[-1].status == 429
    for answer in answers:
        check(answer, PROGRAM, over_tls)
    assert answers[-1].headers["Retry-After"] and answers[-1].headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("over_tls", [False, True], ids=["plain", "TLS"])
def test_the_programs_own_503(site, over_tls):
    """The database is away, and the program says so; the web server has nothing to add to its words."""
    site.stack.stop_postgres()
    try:
        for method, path, headers, body in (("POST", "/api/vessels", JSON, b'{"name": "MV Away", "vessel_type": "bulk"}'),
                                            ("GET", "/api/audit", {}, None), ("GET", "/health/ready", {}, None)):
            answer = site.ask(over_tls, method, path, headers, body)
            assert answer.status == 503, path
            check(answer, PROGRAM, over_tls)
            assert answer.headers["Retry-After"] or path == "/health/ready"
    finally:
        site.stack.start_postgres()
        site.stack.wait_ready()


@pytest.mark.parametrize("data, status", [
    (b"GET / HTTP/1.1\r\n\r\n", 400),                 # no Host
    (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    (b"G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET /api/%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", (505, 200)),
])
def test_what_is_hardly_http(site, data, status):
    answer = site.send_bytes(data)
    assert answer.status == site.status(status)
    check(answer, SERVER)


def test_plain_http_on_the_tls_port(site):
    answer = site.send_bytes(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", site.tls_port)
    assert answer.status == 400
    check(answer, SERVER, over_tls=answer.headers["Strict-Transport-Security"] is not None)


def test_metrics_for_a_stranger(site):
    """This host has other addresses than 127.0.0.1."""
    answer = site.ask(False, "GET", "/metrics", {}, None, source_address=("127.0.0.5", 0))
    assert answer.status == 404
    check(answer, SERVER)


@pytest.mark.pool
@pytest.mark.parametrize("over_tls", [False, True], ids=["plain", "TLS"])
def test_without_a_pool(site, over_tls):
    site.stack.stop_pool()
    try:
        for path in ("/api/dashboard", "/health", "/health/live", "/metrics"):
            answer = site.ask(over_tls, "GET", path, {}, None)
            assert answer.status == 503, path
            check(answer, SERVER, over_tls)
            assert answer.headers["Retry-After"] == "2" and answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert site.ask(over_tls, "GET", "/", {}, None).headers["Retry-After"] is None
    finally:
        site.stack.start_pool()


def test_cache_control_is_as_before(site):
    for path, expected in (("/", "no-cache"), ("/assets/a-1.js", "public, max-age=31536000, immutable"),
                           ("/sw.js", "no-cache"), ("/manifest.webmanifest", "no-cache"), ("/assets/nothing.js", "no-cache"), ("/nothing", "no-cache")):
        assert site.ask(False, "GET", path, {}, None).headers.get_all("Cache-Control") == [expected], path


def test_types_that_browsers_insist_on(site):
    for path, expected in (("/sw.js", "javascript"), ("/manifest.webmanifest", "application/manifest+json")):
        assert expected in site.ask(False, "GET", path, {}, None).headers["Content-Type"], path


def test_the_command_prints_what_is_sent(site):
    table = site.stack.ctl("headers").stdout
    for name in (*BOTH, *PROGRAM, "Strict-Transport-Security"):
        assert name in table
    assert len(table.splitlines()) == len(BOTH) + len(PROGRAM) + 2  # and HSTS, and the heads
    assert site.stack.ctl("headers", "caddy", check=False).returncode == 64
    assert site.stack.ctl("headers", "nginx", "apache", check=False).returncode == 64
    assert site.stack.ctl("headers", "apache").stdout.count("\nHeader always set ") == len(table.splitlines()) - 1
