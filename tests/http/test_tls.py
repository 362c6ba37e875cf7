# SPDX-License-Identifier: Apache-2.0
"""nginx with TLS as fcgi-conf has it: one version, sessions resumed, the certificate's state stapled, plain HTTP sent away."""
import http.client
import os
import ssl

import pytest
import tls

from stack import PASSWORD, Stack, eventually, free_port

pytestmark = pytest.mark.nginx


class Secured:
    def __init__(self, stack):
        self.stack = stack
        self.plain_port, ocsp_port = free_port(), free_port()
        self.authority = tls.Authority(stack)
        certificate, key = self.authority.sign(ocsp=f"http://127.0.0.1:{ocsp_port}/")
        self.authority.start_responder(ocsp_port)
        redirect = stack.fill("nginx/stevedores-redirect.conf.in", "redirect.conf", values={
            "PLAIN_LISTEN": f"127.0.0.1:{self.plain_port}", "TLS_PORT": f":{stack.port}"})
        stack.stop_nginx()
        stack.start_nginx(change=lambda text: f"include {redirect};\n" + tls.with_tls(
            stack, text, certificate, key, self.authority.certificate))

    def s_client(self, *args):
        """What OpenSSL's client says of a connection with one request."""
        return self.stack.run("openssl", "s_client", "-connect", f"127.0.0.1:{self.stack.port}", "-servername", "localhost",
                              "-CAfile", self.authority.certificate, "-ign_eof", *args, check=False,
                              stdin="GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").stdout

    def connect(self):
        return http.client.HTTPSConnection("localhost", self.stack.port, timeout=60,
                                           context=ssl.create_default_context(cafile=self.authority.certificate))


@pytest.fixture(scope="module")
def secured():
    with Stack(responders=2, env={"PLAIN_HTTP": "off"}) as stack:
        yield Secured(stack)
        stack.end("ocsp")


def test_one_version(secured):
    said = secured.s_client()
    assert "New, TLSv1.3" in said and "Verify return code: 0 (ok)" in said
    assert "HTTP/1.1 200" in said and "Strict-Transport-Security" in said
    assert "Cipher is (NONE)" in secured.s_client("-tls1_2")


def test_http_2(secured):
    curl = ("curl", "-s", "--cacert", secured.authority.certificate, "-o", "/dev/null", "-w", "%{http_version} %{http_code}")
    at = f"https://localhost:{secured.stack.port}"
    assert secured.stack.run(*curl, f"{at}/health/live").stdout == "2 200"
    assert secured.stack.run(*curl, "--http1.1", f"{at}/").stdout.startswith("1.1 ")


def test_a_session_is_resumed(secured):
    kept = os.path.join(secured.stack.run_dir, "session.pem")
    assert "Reused, " not in secured.s_client("-sess_out", kept)
    again = secured.s_client("-sess_in", kept)
    assert "Reused, TLSv1.3" in again and "HTTP/1.1 200" in again
    assert "Early data was not sent" in again and "Max Early Data: 0" in again


def test_the_state_of_the_certificate_comes_along(secured):
    """nginx asks for it when it is first wanted."""
    said = eventually(lambda: (text := secured.s_client("-status")) and "OCSP Response Status: successful" in text and text,
                      "the answer is stapled", 20)
    assert "Cert Status: good" in said


@pytest.mark.parametrize("method, path", [("GET", "/vessels/7?x=%2F"), ("POST", "/api/login")])
def test_plain_http_is_sent_to_tls(secured, method, path):
    connection = http.client.HTTPConnection("localhost", secured.plain_port, timeout=60)
    connection.request(method, path)
    answer = connection.getresponse()
    assert answer.status == 308 and answer.headers["Location"] == f"https://localhost:{secured.stack.port}{path}"
    connection.close()


def test_a_login_and_its_cookie(secured):
    connection = secured.connect()
    connection.request("POST", "/api/login", '{"username": "clerk", "password": "%s"}' % PASSWORD, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200
    [cookie] = [cookie for cookie in answer.headers.get_all("Set-Cookie") if cookie.startswith("__Host-")]
    assert "Secure" in cookie
    connection.request("GET", "/api/me", headers={"Cookie": cookie.split(";")[0]})
    assert connection.getresponse().status == 200
    connection.close()
