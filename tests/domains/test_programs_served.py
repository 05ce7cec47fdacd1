"""Mail programs at a running installation, through the proxy, with a certificate made for the customer's name."""

from __future__ import annotations

import http.client
import plistlib
import socket
import ssl
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from tests.installation import Installation
from tests.processes import manage
from tests.servers import Caddy

CUSTOMER = """
from tests.factories import make_domain, make_organization, make_platform, make_service
service = make_service(make_organization("aa00001"), make_platform())
make_domain(service, "shop.example")
make_domain(service, "waiting.example", pending=True)
"""
POST = (
    b'<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request>'
    b"<EMailAddress>ann@shop.example</EMailAddress></Request></Autodiscover>"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("programs") / "var") as installation:
        installation.line = installation.start()
        made = manage("shell", "--no-imports", "-c", CUSTOMER, env=installation.env)
        assert made.returncode == 0, made.stderr
        yield installation


def fetch(proxy: Caddy, host: str, path: str, *, data: bytes | None = None) -> tuple[int, bytes]:
    """By TLS, the certificate verified for `host`."""
    context = ssl.create_default_context(cafile=str(proxy.root))
    plain = socket.create_connection(("127.0.0.1", proxy.programs_port), timeout=30)
    connection = http.client.HTTPConnection(host)
    with context.wrap_socket(plain, server_hostname=host) as connection.sock:
        method = "GET" if data is None else "POST"
        connection.request(method, path, body=data, headers={"Content-Type": "text/xml"} if data else {})
        response = connection.getresponse()
        return response.status, response.read()


def test_names_of_verified_domains_get_certificates_and_answers(running: Installation) -> None:
    with Caddy(running.port) as proxy:
        status, config = fetch(proxy, "autoconfig.shop.example", "/mail/config-v1.1.xml?emailaddress=a@shop.example")
        assert status == 200
        host = ElementTree.fromstring(config).findtext(".//incomingServer/hostname", "")
        assert host
        status, found = fetch(proxy, "autodiscover.shop.example", "/Autodiscover/Autodiscover.xml", data=POST)
        assert status == 200
        assert host.encode() in found
        status, profile = fetch(proxy, "autoconfig.shop.example", "/email.mobileconfig")
        assert status == 200
        assert plistlib.loads(profile)["PayloadContent"][0]["IncomingMailServerHostName"] == host
        assert fetch(proxy, "autoconfig.shop.example", "/")[0] == 200
        assert fetch(proxy, "autoconfig.shop.example", "/account/login/")[0] == 404
        ask = "/internal/tls-ask?domain=autoconfig.shop.example"
        assert fetch(proxy, "autoconfig.shop.example", ask)[0] == 404  # not for whom the proxy passes on
        for name in ("autoconfig.waiting.example", "autoconfig.strange.example", "shop.example"):
            with pytest.raises(ssl.SSLError):
                fetch(proxy, name, "/")
