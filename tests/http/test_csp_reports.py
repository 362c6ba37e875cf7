# SPDX-License-Identifier: Apache-2.0
"""Reports of what the Content-Security-Policy kept away: counted, logged without what is private, limited."""
import json
import os
import re
import shutil

import fastcgi
import port
import pytest

from stack import eventually

PATH = "/api/csp-reports"
BY_URI, BY_API = "application/csp-report", "application/reports+json"


def old_form(**members):
    return {"csp-report": {"document-uri": "http://a.example/vessels/7?token=s3cret#part", "blocked-uri": "inline",
                           "effective-directive": "script-src-elem", "violated-directive": "script-src-elem",
                           "original-policy": "default-src 'self'", "disposition": "enforce", **members}}


def new_form(**members):
    return {"type": "csp-violation", "age": 7, "url": "http://a.example/", "user_agent": "x", "body": {
        "documentURL": "http://a.example/?token=s3cret", "blockedURL": "https://cdn.example/lib.js?key=s3cret",
        "effectiveDirective": "script-src-elem", "disposition": "enforce", "statusCode": 200, **members}}


def send(http, body, type_):
    return http.post(PATH, data=body if isinstance(body, bytes) else json.dumps(body), headers={"Content-Type": type_})


def counted(http):
    """By report-uri and by report-to."""
    text = http.get("/metrics").text
    assert "# TYPE stevedores_csp_reports_total counter" in text
    return [int(re.search(rf'^stevedores_csp_reports_total{{by="{by}"}} (\d+)$', text, re.M).group(1))
            for by in ("report-uri", "report-to")]


def logged(stack, answer):
    return [line for line in stack.logs()
            if line["event"] == "csp_report" and line.get("request_id") == answer.headers["X-Request-Id"]]


def test_both_forms(api):
    before = counted(api.http)
    old = send(api.http, old_form(), BY_URI)
    new = send(api.http, [new_form(), {"type": "deprecation", "body": {"id": "x"}}, new_form(blockedURL="eval")],
               BY_API + "; charset=utf-8")
    for answer in (old, new):
        assert answer.status_code == 204 and answer.content == b""
        assert "Set-Cookie" not in answer.headers
    assert counted(api.http) == [before[0] + 1, before[1] + 2]
    (line,) = logged(api.stack, old)
    assert (line["directive"], line["blocked"], line["document"]) == (
        "script-src-elem", "inline", "http://a.example/vessels/7")
    assert line["level"] == "warn" and line["client"] == "127.0.0.1"
    first, second = logged(api.stack, new)
    assert (first["blocked"], first["document"]) == ("https://cdn.example/lib.js", "http://a.example/")
    assert second["blocked"] == "eval"
    assert not any("s3cret" in line for line in api.stack.log_lines())


def test_what_is_long_is_cut_between_characters(api):
    address = "https://a.example/x" + "ü" * 500  # byte 200 is in the middle of one
    answer = send(api.http, old_form(**{"document-uri": address, "blocked-uri": "x" * 900,
                                        "effective-directive": "d" * 300 + " 'self'"}), BY_URI)
    assert answer.status_code == 204
    (line,) = logged(api.stack, answer)
    assert address.startswith(line["document"]) and 195 < len(line["document"].encode()) <= 200
    assert line["blocked"] == "x" * 200 and line["directive"] == "d" * 60


def test_an_older_browsers_report(api):
    report = old_form(**{"violated-directive": "img-src 'self' data:"})
    del report["csp-report"]["effective-directive"], report["csp-report"]["blocked-uri"]
    answer = send(api.http, report, BY_URI)
    assert answer.status_code == 204
    (line,) = logged(api.stack, answer)
    assert (line["directive"], line["blocked"]) == ("img-src", "")


JUNK = [b"", b"x", b"{", b"{}", b"[]", b"null", b'"csp-report"', b"7", b'{"csp-report": 7}', b'{"csp-report": null}',
        b'{"csp-report": {}}', b'{"csp-report": {"document-uri": "x"}}', b'{"csp-report": {"effective-directive": "x"}}',
        b'{"csp-report": {"document-uri": 7, "effective-directive": "x"}}', b"[7]", b"[{}]", b"[null]",
        b'[{"type": 7}]', b'[{"type": "csp-violation"}]', b'[{"type": "csp-violation", "body": []}]',
        b'[{"type": "csp-violation", "body": {}}]', b"[" * 50,
        json.dumps(old_form()).encode() + b"x", b'{"csp-report": {"document-uri": "\xff", "effective-directive": "x"}}']


@pytest.mark.parametrize("type_", [BY_URI, BY_API])
def test_junk(api, type_):
    before = counted(api.http)
    for body in JUNK:
        answer = send(api.http, body, type_)
        assert answer.status_code == 400, body
        assert port.problem_fields(answer), body
    assert counted(api.http) == before


def test_too_many_in_one_body(api):
    slim = {"type": "csp-violation", "body": {"documentURL": "x", "effectiveDirective": "y"}}
    assert send(api.http, [slim] * 20, BY_API).status_code == 204
    assert send(api.http, [slim] * 21, BY_API).status_code == 400


def test_size(api):
    before = counted(api.http)
    body = json.dumps(old_form(**{"script-sample": ""})).encode()
    fits = body.replace(b'"script-sample": ""', b'"script-sample": "%s"' % (b"x" * (8192 - len(body))))
    assert len(fits) == 8192 and send(api.http, fits, BY_URI).status_code == 204
    answer = send(api.http, fits + b" ", BY_URI)
    assert answer.status_code == 413 and port.problem_fields(answer) == ["body"]
    assert counted(api.http) == [before[0] + 1, before[1]]


@pytest.mark.parametrize("type_", ["application/json", "text/plain", "application/csp-report2", "application/report+json",
                                   "application/x-www-form-urlencoded", ""])
def test_other_types(api, type_):
    before = counted(api.http)
    answer = send(api.http, old_form(), type_)
    assert answer.status_code == 415 and port.problem_fields(answer) == ["Content-Type"]
    assert counted(api.http) == before


@pytest.mark.parametrize("type_", [BY_URI, BY_API])
def test_a_report_is_no_json_anywhere_else(api, type_):
    """Any site's policy may name any address for its reports, and a browser sends them there unasked."""
    vessel = api.vessel("operations_active")
    before = api.stored()
    for method, path in (("POST", "/api/vessels"), ("PATCH", f"/api/vessels/{vessel['id']}"),
                         ("POST", f"/api/vessels/{vessel['id']}/tallies")):
        answer = api.http.request(method, path, data='{"name": "MV Reported", "vessel_type": "bulk"}',
                                  headers={"Content-Type": type_})
        assert answer.status_code == 415 and port.problem_fields(answer) == ["Content-Type"]
    assert api.stored() == before


@pytest.mark.parametrize("own_stack", [{"env": {"RATE_LIMIT": "on", "RATE_LIMIT_REPORT": "100/hour;3/minute"}}], indirect=True)
def test_limit(own_stack):
    http = own_stack.session()
    # The running minute may end in between; then up to three more are taken.
    answers = [send(http, old_form(), BY_URI) for _ in range(8)]
    taken = [a for a in answers if a.status_code == 204]
    refused = [a for a in answers if a.status_code == 429]
    assert 3 <= len(taken) <= 6 and len(taken) + len(refused) == 8
    assert 'q=3;w=60' in taken[0].headers["RateLimit-Policy"]
    assert int(refused[0].headers["Retry-After"]) > 0
    port.problem_fields(refused[0])
    assert counted(http)[0] == len(taken)
    assert f'stevedores_limited_total{{class="report"}} {len(refused)}' in http.get("/metrics").text
    assert http.get("/api/dashboard").status_code == 200  # a class of its own


@pytest.mark.parametrize("own_stack", [{"responders": 1, "agent": False}], indirect=True)
def test_the_database_is_not_asked(own_stack):
    http = own_stack.session()
    with own_stack.counting() as statements:
        assert send(http, old_form(), BY_URI).status_code == 204
        assert statements() == []
        assert http.get("/api/vessels").status_code == 200 and statements()
    own_stack.stop_postgres()
    assert send(http, old_form(), BY_URI).status_code == 204
    assert counted(http)[0] == 2


@pytest.mark.nginx
@pytest.mark.parametrize("by", ["report-uri", "report-to"])
def test_a_browser_reports(own_stack, by):
    """Chromium opens a page with a script in the text of the page, which the policy forbids. Over TLS, without which it
    knows no report-to, and with only one of the two in the policy, as it would choose report-to."""
    chromium = shutil.which("chromium")
    assert chromium, "chromium is not installed"
    root, key, certificate = (os.path.join(own_stack.run_dir, name) for name in ("page", "key.pem", "certificate.pem"))
    os.mkdir(root)
    with open(os.path.join(root, "index.html"), "w", encoding="ascii") as f:
        f.write("<!doctype html><title>x</title><script>document.title = 'y'</script>")
    own_stack.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                  "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate)
    headers = os.path.join(own_stack.run_dir, "headers.conf")

    def change(text):
        with open(headers, encoding="ascii") as f:
            policy = f.read()
        other = {"report-uri": "; report-to csp", "report-to": "; report-uri /api/csp-reports"}[by]
        assert other in policy
        with open(headers, "w", encoding="ascii") as f:
            f.write(policy.replace(other, ""))
        return text.replace(f":{own_stack.port};", f":{own_stack.port} ssl; ssl_certificate {certificate}; "
                            f"ssl_certificate_key {key};").replace("    root ", f"    root {root}; # ", 1)

    own_stack.stop_nginx()
    own_stack.start_nginx(change=change)
    profile = own_stack.run("mktemp", "-d").stdout.strip()
    own_stack.spawn("chromium", [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
        "--ignore-certificate-errors", "--short-reporting-delay", "--remote-debugging-port=0",
        f"https://localhost:{own_stack.port}/?token=s3cret"])
    try:
        line = eventually(lambda: next((line for line in own_stack.logs() if line["event"] == "csp_report"), None),
                          "the report came")
    finally:
        own_stack.end("chromium")
    assert line["directive"] == "script-src-elem" and line["blocked"] == "inline"
    assert line["document"] == f"https://localhost:{own_stack.port}/"
    assert not any("s3cret" in line for line in own_stack.log_lines())
    metrics = fastcgi.ask(own_stack.fcgi_socket, "GET", "/metrics")[2].decode()
    assert re.search(rf'^stevedores_csp_reports_total{{by="{by}"}} [1-9]', metrics, re.M)
