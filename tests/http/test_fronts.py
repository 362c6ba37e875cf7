# SPDX-License-Identifier: Apache-2.0
"""What a front end does by itself, whichever of the three it is: pages, compressed files, limits, and slow clients, who keep no
responder."""
import concurrent.futures
import gzip
import http.client
import json
import os
import re
import socket
import time

import fastcgi
import limits
import port
import pytest

from stack import SOURCE, Stack, eventually

pytestmark = pytest.mark.front
BODY = json.dumps({"name": "MV Slow", "vessel_type": "bulk", "notes": "x" * 1500}).encode()


@pytest.fixture(scope="module")
def site():
    """With a single responder, and files that say what they are."""
    with Stack(responders=1) as stack:
        stack.web_root = os.path.join(stack.run_dir, "page")
        os.makedirs(os.path.join(stack.web_root, "assets"))
        for name in ("index.html", "sw.js", "manifest.webmanifest", "assets/a-1.js", "assets/a-1.css", "assets/a-1.svg"):
            for end in ("", ".gz", ".br"):
                with open(os.path.join(stack.web_root, name + end), "w", encoding="ascii") as f:
                    f.write(f"{name}{end}\n")
        with open(os.path.join(stack.web_root, "assets/plain-1.png"), "w", encoding="ascii") as f:
            f.write("plain-1.png\n")
        stack.stop_web()
        stack.start_web()
        yield stack


def ask(stack, path, method="GET", body=None, **headers):
    """The answer as it came, not decoded."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


def template(name):
    with open(os.path.join(SOURCE, "fcgi-conf", name), encoding="utf-8") as f:
        return f.read()


def test_the_lists_of_pages_are_in_step():
    nginx = re.findall(r"location ~ (\^\S+\$) \{\n\s+try_files /index\.html", template("nginx/stevedores.conf.in"))
    apache = re.findall(r"RewriteRule (\S+) /index\.html\n", template("apache/site.conf.in"))
    assert len(nginx) >= 3 and apache == ["^/$", *nginx]


def pages():
    with open(os.path.join(SOURCE, "src/web/js/routes.js"), encoding="utf-8") as f:
        fixed = f.read().split("const FIXED = {")[1].split("};")[0]
    return [*re.findall(r'"(/[^"]*)":', fixed), "/vessels/7", "/vessels/7/edit", "/vessels/7/report", "/vessels/7/tally"]


def test_every_page_of_the_client(site):
    assert len(pages()) > 25
    for page in pages():
        answer = ask(site, page)
        assert (answer.status, answer.body) == (200, b"index.html\n"), page
        assert answer.headers["Content-Type"].startswith("text/html") and answer.headers["Cache-Control"] == "no-cache"
    for page in ("/vesselsx", "/admin", "/vessels/x", "/index", "/assets"):
        assert ask(site, page).status == 404, page


TYPES = {"/": "text/html", "/sw.js": "javascript", "/manifest.webmanifest": "application/manifest+json",
         "/assets/a-1.js": "javascript", "/assets/a-1.css": "text/css", "/assets/a-1.svg": "image/svg+xml"}


@pytest.mark.parametrize("path", TYPES)
@pytest.mark.parametrize("accept, coding", [
    (None, None), ("identity", None), ("gzip", "gzip"), ("deflate, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("x-gzipped", None),
    ("br", "br"), ("gzip, deflate, br", "br"), ("br;q=0, gzip", "gzip"),
])
def test_compressed_when_it_was_built(site, path, accept, coding):
    """nginx has .br only with a module that is not everywhere."""
    if coding == "br" and site.front == "nginx":
        coding = "gzip" if "gzip" in accept else None
    answer = ask(site, path, **({"Accept_Encoding": accept} if accept else {}))
    name = (path if path != "/" else "/index.html")[1:]
    assert answer.status == 200 and answer.headers.get_all("Content-Encoding", [None]) == [coding]
    assert answer.body.decode() == name + {None: "", "gzip": ".gz", "br": ".br"}[coding] + "\n"
    assert TYPES[path] in answer.headers["Content-Type"]
    assert answer.headers["Content-Length"] == str(len(answer.body))
    again = ask(site, path, If_None_Match=answer.headers["ETag"], **({"Accept_Encoding": accept} if accept else {}))
    assert again.status == 304 and again.body == b""


def test_what_is_not_compressed_is_handed_out_as_it_is(site):
    answer = ask(site, "/assets/plain-1.png", Accept_Encoding="gzip, br")
    assert answer.status == 200 and answer.headers["Content-Encoding"] is None and answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_tag_survives_compression(site):
    """Else nobody who takes gzip would ever be told that nothing has changed."""
    key = f"Bearer {fastcgi.KEY}"
    for n in range(3):
        port.Api(site).vessel(notes=f"{n} " + "x" * 900)
    packed = ask(site, "/api/vessels", Authorization=key, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["ETag"].startswith('W/"')
    plain = ask(site, "/api/vessels", Authorization=key)
    assert 'W/' + plain.headers["ETag"] == packed.headers["ETag"] and plain.headers["Content-Length"]
    for coding in ("gzip", "identity"):
        again = ask(site, "/api/vessels", Authorization=key, Accept_Encoding=coding, If_None_Match=packed.headers["ETag"])
        assert again.status == 304 and again.body == b""


@pytest.mark.parametrize("status, method, path, headers", [
    (405, "POST", "/", {}), (405, "OPTIONS", "/", {}), (405, "PUT", "/assets/a-1.js", {}), (405, "POST", "/vessels", {}),
    (413, "POST", "/api/vessels", {"Content_Length": "1048577"}),
    (413, "POST", "/api/vessels", {"Content_Length": "9223372036854775807"}),
    (414, "GET", "/api/vessels?q=" + "x" * 9000, {}),
    (400, "GET", "/api/vessels", {"X_Large": "x" * 9000}),
])
def test_problem_documents(site, status, method, path, headers):
    """In the program's form, with an id that the log has, too; Apache has none yet for what is hardly a request."""
    answer = ask(site, path, method, **headers)
    assert answer.status == status
    problem = json.loads(answer.body)
    assert problem["status"] == answer.status and problem["type"].startswith("urn:stevedores:problem:")
    assert (problem["request_id"] or (status == 400 and site.front != "nginx")) and answer.headers["X-Request-Id"] is None
    assert answer.headers["Content-Type"] == "application/problem+json" and answer.headers["Cache-Control"] == "no-store"


def soon(stack):
    """mod_fcgid looks for a free responder, and if there is none looks again after a second."""
    return 1.9 if stack.front == "fcgid" else 0.9


def send_slowly(stack, pause):
    """A vessel, half of it after a pause, in which somebody else asks. Returns the status and how long the other one took."""
    with socket.create_connection(("127.0.0.1", stack.port), 30) as s:
        s.sendall(f"POST /api/vessels HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fastcgi.KEY}\r\nConnection: close\r\n"
                  f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY[:100])
        time.sleep(pause)
        began = time.monotonic()
        assert stack.session().get("/api/vessels?per_page=1").status_code == 200
        took = time.monotonic() - began
        s.sendall(BODY[100:])
        return int(s.recv(4096).split()[1]), took


def test_a_slow_upload_keeps_no_responder(site):
    """2.5 s is more than the program waits for the web server (PEER_TIMEOUT_MS)."""
    status, took = send_slowly(site, 2.5)
    assert status == 201 and took < soon(site)


def test_a_slow_download_keeps_no_responder(site):
    api = port.Api(site)
    for n in range(100):
        api.vessel(notes=f"{n} " + "x" * 1900)
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(30)
        s.connect(("127.0.0.1", site.port))
        s.sendall(f"GET /api/vessels?per_page=100 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fastcgi.KEY}\r\n"
                  "Connection: close\r\n\r\n".encode())
        assert s.recv(100).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        assert site.session().get("/api/vessels?per_page=1").status_code == 200
        assert time.monotonic() - began < soon(site)
        time.sleep(2.5)
        size = 0
        while chunk := s.recv(65536):
            size += len(chunk)
    assert size > 150_000, "it was all there"


def test_a_key_gets_through_and_what_a_proxy_would_say_does_not(site):
    assert ask(site, "/api/vessels").status == 401
    answer = ask(site, "/api/vessels?q=forwarded", Authorization=f"Bearer {fastcgi.KEY}", X_Forwarded_For="203.0.113.9",
                 Proxy="http://203.0.113.9/", X_Forwarded_Proto="https")
    assert answer.status == 200 and answer.headers["Strict-Transport-Security"] is None
    lines = eventually(lambda: [line for line in site.logs() if line["event"] == "request" and
                                line["request_id"] == answer.headers["X-Request-Id"]], "it is in the log", 10)
    assert [line["client"] for line in lines] == ["127.0.0.1"]


def test_a_deployment_as_it_should_be():
    """What an operator is told of it."""
    with Stack(responders=2, env={"WEB_WORKERS": "2"}) as stack:
        stack.web_root = os.path.join(stack.run_dir, "page")
        os.makedirs(os.path.join(stack.web_root, "assets"))
        script = b"console.log('long enough to be worth compressing');\n" * 40
        for name, content in (("index.html", b'<!doctype html><title>x</title><script src="/assets/a-1.js"></script>'),
                              ("assets/a-1.js", script), ("assets/a-1.js.gz", gzip.compress(script))):
            with open(os.path.join(stack.web_root, name), "wb") as f:
                f.write(content)
        stack.stop_web()
        stack.start_web()
        done = stack.ctl("validate", "--json", "--url", stack.url(""), check=False)
        checks = json.loads(done.stdout)["checks"]
        assert {check["topic"] for check in checks} >= {"pool", "site", "headers", "static files", "health"}
        # How long it takes is no matter of this test's.
        assert [check for check in checks if check["result"] == "failed" and "took longer" not in check["found"]] == []


def behind_a_proxy(text):
    """The site of whoever has a proxy at 127.0.0.1 before it, as its comments and the README say."""
    for line in ("set_real_ip_from 192.0.2.7;", "real_ip_header X-Forwarded-For;"):
        text = text.replace(f"# {line}", line.replace("192.0.2.7", "127.0.0.1"))
    if "<VirtualHost" in text:
        text = "LoadModule remoteip_module /usr/lib/apache2/modules/mod_remoteip.so\n" + re.sub(
            "<VirtualHost .*>\n", r"\g<0>RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n", text)
    return text


def test_behind_another_proxy(site):
    """Its word counts, and nobody else's."""
    site.stop_web()
    site.start_web(behind_a_proxy)
    try:
        for source, said, client in (("127.0.0.1", "203.0.113.9", "203.0.113.9"), ("127.0.0.5", "203.0.113.9", "127.0.0.5")):
            session = limits.stranger(site, source)
            session.headers["Accept-Encoding"] = "identity"  # what is called compressed here is not
            answer = session.get("/api/vessels", headers={"X-Forwarded-For": said})
            assert answer.status_code == 401
            lines = eventually(lambda at=answer.headers["X-Request-Id"]: [
                line for line in site.logs() if line["event"] == "request" and line["request_id"] == at], "it is in the log", 10)
            assert [line["client"] for line in lines] == [client]
            assert session.get("/metrics", headers={"X-Forwarded-For": said}).status_code == 404
        assert site.session().get("/metrics").status_code == 200
    finally:
        site.stop_web()
        site.start_web()


def test_a_body_too_long_in_pieces(site):
    """Without a length that would tell before. mod_fcgid has only one answer to that."""
    def pieces():
        for _ in range(20):
            yield b" " * 65536

    answer = site.session().post("/api/vessels", data=pieces(), headers={"Content-Type": "application/json"})
    assert answer.status_code == (500 if site.front == "fcgid" else 413)
    assert answer.json()["status"] == answer.status_code


def test_many_at_once(site):
    """Twelve for one responder: all wait, and nobody is sent away."""
    def ask_often(_):
        http = site.session()
        return [http.get("/api/vessels?per_page=1").status_code for _ in range(10)]

    with concurrent.futures.ThreadPoolExecutor(12) as threads:
        statuses = [status for done in threads.map(ask_often, range(12)) for status in done]
    assert set(statuses) == {200} and len(statuses) == 120


@pytest.mark.nginx
def test_nginx_with_its_module_for_brotli(site):
    module = "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so"
    if not os.path.exists(module):
        pytest.skip("this nginx is not Debian's, and its module is not there")
    line = "# brotli_static on;"
    assert line in template("nginx/stevedores.conf.in")
    site.stop_nginx()
    site.start_nginx(lambda text: text.replace(line, line[2:]), f"load_module {module};\n")
    try:
        for accept, coding, end in (("gzip, br", "br", ".br"), ("gzip", "gzip", ".gz"), ("identity", None, "")):
            answer = ask(site, "/assets/a-1.js", Accept_Encoding=accept)
            assert (answer.headers["Content-Encoding"], answer.body.decode()) == (coding, f"assets/a-1.js{end}\n")
    finally:
        site.stop_nginx()
        site.start_nginx()
