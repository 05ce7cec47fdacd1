"""Mail programs set themselves up: the answers, read as the programs read them."""

from __future__ import annotations

import datetime
import plistlib
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from domains.programs import formats
from panel.actors import SYSTEM
from panel.models import Platform
from tests.factories import Tenant, make_domain, make_tenant

pytestmark = pytest.mark.django_db
CONFIG = "/mail/config-v1.1.xml"
WELL_KNOWN = "/.well-known/autoconfig/mail/config-v1.1.xml"
POX = "/autodiscover/autodiscover.xml"
JSON = "/autodiscover/autodiscover.json"
REQUEST = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"


@pytest.fixture
def shop() -> Tenant:
    tenant = make_tenant()
    make_domain(tenant.service, "shop.example")
    make_domain(tenant.service, "waiting.example", pending=True)
    return tenant


def get(host: str, path: str, **headers: str) -> Any:
    return Client().get(path, headers={"host": host, **headers})


def ask_outlook(host: str, address: str, *, schema: str = formats.OUTLOOK, path: str = POX) -> Any:
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="{REQUEST}"><Request><EMailAddress>{address}'
        f"</EMailAddress><AcceptableResponseSchema>{schema}</AcceptableResponseSchema></Request></Autodiscover>"
    )
    return post(host, text.encode(), path)


def post(host: str, data: bytes, path: str = POX) -> Any:
    return Client(enforce_csrf_checks=True).post(path, data, content_type="text/xml", headers={"host": host})


def read_as_thunderbird(data: bytes, address: str) -> list[tuple[str, ...]]:
    """As its readFromXML: the first server of each kind, with what it demands of each."""
    root = ElementTree.fromstring(data)
    assert root.tag == "clientConfig"
    assert root.get("version") == "1.1"
    provider = root.find("emailProvider")
    assert provider is not None
    assert provider.get("id") == provider.findtext("domain")
    servers = []
    for tag, kind in (("incomingServer", "imap"), ("outgoingServer", "smtp")):
        server = provider.find(f"{tag}[@type='{kind}']")
        assert server is not None
        assert server.findtext("authentication") in {"password-cleartext", "password-encrypted", "OAuth2"}
        assert server.findtext("socketType") in {"SSL", "STARTTLS"}
        assert 0 < int(server.findtext("port", "")) < 65536
        user = server.findtext("username", "").replace("%EMAILADDRESS%", address)
        user = user.replace("%EMAILLOCALPART%", address.rpartition("@")[0])
        servers.append((*(server.findtext(part, "") for part in ("hostname", "port", "socketType")), user))
    return servers


def read_as_outlook(data: bytes) -> dict[str, dict[str, str]]:
    """The elements in the namespaces of MS-OXDSCLI, their values among those it names."""
    root = ElementTree.fromstring(data)
    assert root.tag == f"{{{formats.AUTODISCOVER}}}Autodiscover"
    space = f"{{{formats.OUTLOOK}}}"
    account = root.find(f"{space}Response/{space}Account")
    assert account is not None
    assert (account.findtext(f"{space}AccountType"), account.findtext(f"{space}Action")) == ("email", "settings")
    found = {}
    for protocol in account.findall(f"{space}Protocol"):
        fields = {child.tag.removeprefix(space): child.text or "" for child in protocol}
        assert all(fields.get(name, "on") in {"on", "off"} for name in ("SSL", "SPA", "AuthRequired", "DomainRequired"))
        assert fields.get("Encryption", "TLS") in {"None", "SSL", "TLS", "Auto"}
        found[fields["Type"]] = fields
    return found


@pytest.mark.parametrize(
    ("host", "path"),
    [("autoconfig.shop.example", CONFIG), ("autoconfig.shop.example", WELL_KNOWN), ("shop.example:443", WELL_KNOWN)],
)
def test_thunderbird_finds_the_servers_of_the_platform(shop: Tenant, host: str, path: str) -> None:
    response = get(host, f"{path}?emailaddress=ann%40shop.example")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/xml")
    assert not response.cookies
    assert read_as_thunderbird(response.content, "ann@shop.example") == [
        (shop.platform.imap_host, "993", "SSL", "ann@shop.example"),
        (shop.platform.smtp_host, "587", "STARTTLS", "ann@shop.example"),
    ]


def test_another_name_is_not_found_by_as_many_questions(shop: Tenant) -> None:
    counts = set()
    for host, status in (("shop.example", 200), ("waiting.example", 404), ("strange.example", 404)):
        for path in (CONFIG, "/", "/email.mobileconfig"):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert get(f"autoconfig.{host}", path).status_code == status, (host, path)
            counts.add(sum("domains_domain" in query["sql"] for query in asked))
    assert counts == {1}
    assert get("autoconfig.shop.example", "/account/login/").status_code == 404
    assert get("autodiscover.shop.example", "/").status_code == 404
    assert get("shop.example", "/").status_code == 400  # Django's own word on a strange host


def test_a_suspended_service_is_answered_for_and_one_that_ended_is_not(shop: Tenant) -> None:
    organization = shop.service.organization
    asks = [("autoconfig.shop.example", path) for path in (CONFIG, "/", "/email.mobileconfig")]
    for verb, status in (
        (shop.service.suspend, 200),
        (shop.service.resume, 200),
        (organization.suspend, 200),
        (organization.resume, 200),
        (shop.service.end, 404),
    ):
        verb(actor=SYSTEM)
        assert {get(*ask).status_code for ask in asks} == {status}
        assert ask_outlook("autodiscover.shop.example", "ann@shop.example").status_code == status
        certificate = Client().get("/internal/tls-ask", {"domain": "autoconfig.shop.example"})
        assert certificate.status_code == status


@pytest.mark.parametrize("path", [POX, "/Autodiscover/Autodiscover.xml", "/AUTODISCOVER/AUTODISCOVER.XML"])
def test_outlook_finds_the_servers_at_the_domain_and_where_srv_leads(shop: Tenant, path: str) -> None:
    Platform.objects.filter(pk=shop.platform.pk).update(autodiscover_host="discover.pro.example")
    for host in ("autodiscover.shop.example", "discover.pro.example", "shop.example"):
        response = ask_outlook(host, "ann&amp;bo@shop.example", path=path)
        assert response.status_code == 200
        assert not response.cookies
        found = read_as_outlook(response.content)
        assert found["IMAP"]["Server"] == shop.platform.imap_host
        assert (found["IMAP"]["Port"], found["IMAP"]["SSL"]) == ("993", "on")
        assert (found["SMTP"]["Server"], found["SMTP"]["Port"]) == (shop.platform.smtp_host, "587")
        assert found["SMTP"]["Encryption"] == "TLS"
        assert found["IMAP"]["LoginName"] == "ann&bo@shop.example"
    assert ask_outlook("discover.pro.example", "ann@waiting.example").status_code == 404
    assert ask_outlook("autodiscover.strange.example", "ann@shop.example").status_code == 404


def test_a_domain_of_other_letters_signs_in_as_the_servers_know_it(shop: Tenant) -> None:
    make_domain(shop.service, "xn--w-uga1v8h.example")
    login = "ann@xn--w-uga1v8h.example"
    for typed in ("ann@żółw.example", login):
        thunderbird = read_as_thunderbird(get("autoconfig.xn--w-uga1v8h.example", CONFIG).content, typed)
        assert [server[-1] for server in thunderbird] == [login, login]
        outlook = read_as_outlook(ask_outlook("autodiscover.xn--w-uga1v8h.example", typed).content)
        assert [outlook[kind]["LoginName"] for kind in ("IMAP", "SMTP")] == [login, login]


def test_an_address_is_neither_confirmed_nor_denied(shop: Tenant) -> None:
    own = shop.account.address
    assert own is not None
    domain = shop.domain.name.name
    answers = {
        ask_outlook(f"autodiscover.{domain}", f"{local}@{domain}").content.replace(local.encode(), b"")
        for local in (own.local_part, "nobody-at-all")
    }
    answers_of_thunderbird = {
        get(f"autoconfig.{domain}", f"{CONFIG}?emailaddress={local}@{domain}").content
        for local in (own.local_part, "nobody-at-all")
    }
    assert (len(answers), len(answers_of_thunderbird)) == (1, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><Autodiscover><Request><EMailAddress>&e;@shop.example'
        b"</EMailAddress></Request></Autodiscover>",
        b"<!DOCTYPE a><Autodiscover><Request><EMailAddress>a@shop.example</EMailAddress></Request></Autodiscover>",
        b'<?xml version="1.0" encoding="no-such"?><Autodiscover/>',
        b"<a>" * 5000,
        b"<Autodiscover><Request><EMailAddress>a@shop.example</EMailAddress></Request>"
        + b" " * formats.LARGEST
        + b"</Autodiscover>",
        b"<Autodiscover><Request><LegacyDN>/o=x</LegacyDN></Request></Autodiscover>",
    ],
)
def test_what_is_no_request_is_refused(shop: Tenant, data: bytes) -> None:
    response = post("autodiscover.shop.example", data)
    assert response.status_code == 200
    assert b"<ErrorCode>600</ErrorCode>" in response.content
    assert b"root:" not in response.content


def test_what_is_not_served_is_said(shop: Tenant) -> None:
    host = "autodiscover.shop.example"
    mobile = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"
    assert b"<ErrorCode>601</ErrorCode>" in ask_outlook(host, "a@shop.example", schema=mobile).content
    assert b"<ErrorCode>500</ErrorCode>" in ask_outlook(host, "a@other.example").content
    assert get(host, POX).status_code == 405
    first = get(host, f"{JSON}?Email=a@shop.example&Protocol=AutodiscoverV1")
    assert first.json() == {"Protocol": "AutodiscoverV1", "Url": f"https://{host}{POX}"}
    for path in (f"{JSON}?Protocol=ActiveSync", f"{JSON}/v1.0/a@shop.example?Protocol=EWS"):
        refused = get(host, path)
        assert (refused.status_code, refused.json()["ErrorCode"]) == (400, "InvalidProtocol")
    assert get(host, JSON).json()["ErrorCode"] == "MandatoryParameterMissing"
    assert get("autodiscover.strange.example", f"{JSON}?Protocol=AutodiscoverV1").status_code == 404


def test_a_phone_takes_the_same_profile_each_time(shop: Tenant) -> None:
    response = get("autoconfig.shop.example", "/email.mobileconfig")
    assert response["Content-Type"] == "application/x-apple-aspen-config"
    profile = plistlib.loads(response.content)
    (account,) = profile["PayloadContent"]
    assert (profile["PayloadType"], account["PayloadType"]) == ("Configuration", "com.apple.mail.managed")
    assert profile["PayloadUUID"] != account["PayloadUUID"]
    assert account["EmailAccountType"] == "EmailTypeIMAP"
    assert (account["IncomingMailServerHostName"], account["IncomingMailServerPortNumber"]) == (
        shop.platform.imap_host,
        993,
    )
    assert (account["OutgoingMailServerHostName"], account["OutgoingMailServerPortNumber"]) == (
        shop.platform.smtp_host,
        587,
    )
    assert account["IncomingMailServerUseSSL"] is account["OutgoingMailServerUseSSL"] is True
    assert response.content == get("autoconfig.shop.example", "/email.mobileconfig").content


def test_a_profile_is_signed_where_a_certificate_is_given(shop: Tenant, tmp_path: Path, settings: Any) -> None:
    plain = get("autoconfig.shop.example", "/email.mobileconfig").content
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "panel.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    certificate, own = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    own.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    settings.PROFILE_CERTIFICATE, settings.PROFILE_KEY = str(certificate), str(own)
    (tmp_path / "profile").write_bytes(get("autoconfig.shop.example", "/email.mobileconfig").content)
    command = ["openssl", "cms", "-verify", "-inform", "DER", "-in", "profile", "-CAfile", "certificate.pem"]
    verified = subprocess.run([*command, "-purpose", "any"], cwd=tmp_path, capture_output=True, check=True)
    assert verified.stdout == plain


def test_the_page_speaks_two_languages_and_sets_nothing(shop: Tenant) -> None:
    english = get("autoconfig.shop.example", "/")
    assert not english.cookies
    assert "nonce-" in english["Content-Security-Policy"]
    page = english.content.decode()
    for words in ('<html lang="en"', shop.platform.imap_host, "993", "587", "https://autoconfig.shop.example/"):
        assert words in page
    assert '<html lang="pl"' in get("autoconfig.shop.example", "/?lang=pl").content.decode()
    assert '<html lang="pl"' in get("autoconfig.shop.example", "/", **{"accept-language": "pl"}).content.decode()


def test_the_proxy_alone_asks_which_names_get_certificates(shop: Tenant) -> None:
    def asked(name: str, **more: Any) -> int:
        return Client().get(f"/internal/tls-ask?domain={name}", headers={"host": "web:8000"}, **more).status_code

    assert asked("autoconfig.shop.example") == asked("autodiscover.shop.example") == 200
    assert asked(shop.platform.autodiscover_host) == 200
    for name in ("shop.example", "autoconfig.waiting.example", "autoconfig.strange.example", "", "a..b", "%00"):
        assert asked(name) == 404, name
    assert asked("autoconfig.shop.example", REMOTE_ADDR="198.41.0.4") == 404
    assert asked("autoconfig.shop.example", REMOTE_ADDR="172.18.0.5") == 200
    assert asked("autoconfig.shop.example", HTTP_X_FORWARDED_FOR="198.41.0.4") == 404


def test_one_network_asks_so_often_and_the_proxy_so_often(shop: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domains.programs.middleware.A_MINUTE", 3)
    monkeypatch.setattr("domains.programs.middleware.ASKED_A_MINUTE", 2)
    assert [get("autoconfig.shop.example", "/").status_code for _ in range(4)] == [200, 200, 200, 429]
    elsewhere = Client().get("/", headers={"host": "autoconfig.shop.example"}, REMOTE_ADDR="198.41.0.4")
    assert elsewhere.status_code == 200
    ask = "/internal/tls-ask?domain=autoconfig.shop.example"
    assert [Client().get(ask, headers={"host": "web:8000"}).status_code for _ in range(3)] == [200, 200, 429]
