# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests, by the openssl program: an authority of their own, and what it signs."""
import os

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    def __init__(self, stack):
        self.stack = stack
        self.key, self.certificate, self.index = (os.path.join(stack.run_dir, f"ca{end}") for end in ("-key.pem", ".pem", ".txt"))
        stack.run("openssl", "req", "-x509", *KEY, "-days", "2", "-subj", "/CN=Tests", "-keyout", self.key, "-out", self.certificate)

    def sign(self, name="localhost", ocsp=None):
        """Paths of a certificate for `name` and of its key; `ocsp` is the address of the authority's responder."""
        key, request, certificate, extensions = (os.path.join(self.stack.run_dir, f"{name}{end}")
                                                 for end in ("-key.pem", ".csr", ".pem", ".ext"))
        lines = [f"subjectAltName=DNS:{name}"] + ([f"authorityInfoAccess=OCSP;URI:{ocsp}"] if ocsp else [])
        self.stack.run("tee", extensions, stdin="\n".join(lines) + "\n")
        self.stack.run("openssl", "req", *KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        self.stack.run("openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-days", "2",
                       "-set_serial", "4096", "-extfile", extensions, "-out", certificate)
        self.stack.run("tee", self.index, stdin="V\t401231235959Z\t\t1000\tunknown\t/CN=" + name + "\n")
        return certificate, key

    def start_responder(self, port):
        """OCSP, for the certificate that was signed last."""
        self.stack.spawn("ocsp", ["openssl", "ocsp", "-index", self.index, "-port", str(port), "-rsigner", self.certificate,
                                  "-rkey", self.key, "-CA", self.certificate, "-ndays", "1"])


def with_tls(stack, text, certificate, key, authorities):
    """The text of nginx's site as an operator changes it for TLS, on the port that it had."""
    conf = stack.fill("nginx/stevedores-tls.conf.in", "tls.conf", values={
        "CERTIFICATE": certificate, "CERTIFICATE_KEY": key, "CA_CERTIFICATES": authorities, "RESOLVER": "127.0.0.1"})
    plain = f"listen {stack.listen};"
    include = "# include /etc/nginx/snippets/stevedores-tls.conf;"
    assert plain in text and include in text
    return text.replace(plain, f"listen {stack.listen} ssl http2;").replace(include, f"include {conf};")
