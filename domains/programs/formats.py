"""What mail programs read: Thunderbird's autoconfig, Outlook's autodiscover, Apple's profiles. Pure."""

from __future__ import annotations

import plistlib
import uuid
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring  # nosec B405 - builds answers, reads nothing
from xml.parsers import expat

LARGEST = 16 * 1024  # bytes of what Outlook sends
DEEPEST = 16
IMAP_PORT, SMTP_PORT = 993, 587  # TLS from the first byte; STARTTLS
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
AUTODISCOVER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
IDENTITIES = uuid.UUID("6f0d3e6b-54a4-5d0c-9d0c-0a4f6f3f2c11")  # what UUIDs of profiles are derived from


@dataclass(frozen=True, slots=True)
class Servers:
    domain: str
    imap: str
    smtp: str
    provider: str  # the panel's name


@dataclass(frozen=True, slots=True)
class OutlookRequest:
    """What Outlook wants to know."""

    address: str
    schema: str


def thunderbird(servers: Servers) -> bytes:
    """The file format 1.1; `%EMAILADDRESS%` is filled in by the program, as it was typed: where that may be in letters
    that mail servers take in no user name, the domain stands there as they know it."""
    typed_otherwise = any(label.startswith("xn--") for label in servers.domain.split("."))
    username = f"%EMAILLOCALPART%@{servers.domain}" if typed_otherwise else "%EMAILADDRESS%"
    root = Element("clientConfig", version="1.1")
    provider = SubElement(root, "emailProvider", id=servers.domain)
    _texts(provider, domain=servers.domain, displayName=servers.provider, displayShortName=servers.provider)
    for kind, tag, host, port, security in (
        ("imap", "incomingServer", servers.imap, IMAP_PORT, "SSL"),
        ("smtp", "outgoingServer", servers.smtp, SMTP_PORT, "STARTTLS"),
    ):
        server = SubElement(provider, tag, type=kind)
        _texts(server, hostname=host, port=port, socketType=security)
        _texts(server, authentication="password-cleartext", username=username)
    return _document(root)


def outlook(servers: Servers, address: str) -> bytes:
    """MS-OXDSCLI, a response with settings. The name is handed back as it was sent, whoever has it; the domain as the
    mail servers know it."""
    login = f"{address.rpartition('@')[0]}@{servers.domain}"
    root = Element("Autodiscover", xmlns=AUTODISCOVER)
    account = SubElement(SubElement(root, "Response", xmlns=OUTLOOK), "Account")
    _texts(account, AccountType="email", Action="settings")
    imap = SubElement(account, "Protocol")
    _texts(imap, Type="IMAP", Server=servers.imap, Port=IMAP_PORT, DomainRequired="off", LoginName=login)
    _texts(imap, SPA="off", SSL="on", AuthRequired="on")
    smtp = SubElement(account, "Protocol")
    _texts(smtp, Type="SMTP", Server=servers.smtp, Port=SMTP_PORT, DomainRequired="off", LoginName=login)
    _texts(smtp, SPA="off", Encryption="TLS", AuthRequired="on", UsePOPAuth="off", SMTPLast="off")
    return _document(root)


def outlook_error(code: int, message: str, time: str) -> bytes:
    root = Element("Autodiscover", xmlns=AUTODISCOVER)
    error = SubElement(SubElement(root, "Response"), "Error", Time=time, Id="1")
    _texts(error, ErrorCode=code, Message=message, DebugData="")
    return _document(root)


def read_outlook(data: bytes) -> OutlookRequest | None:
    """None for what is no request: too large, no XML, with a document type, or without an address."""
    if len(data) > LARGEST:
        return None
    parser = expat.ParserCreate(namespace_separator=" ")
    path: list[str] = []
    texts: dict[str, list[str]] = {}

    def begin(name: str, _attributes: object) -> None:
        path.append(name.rpartition(" ")[2])
        if len(path) > DEEPEST:
            raise ValueError

    def end(_name: str) -> None:
        path.pop()

    def text(piece: str) -> None:
        if path[:2] == ["Autodiscover", "Request"] and len(path) == 3:
            texts.setdefault(path[2], []).append(piece)

    def refuse(*_args: object) -> None:
        raise ValueError

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, text
    parser.StartDoctypeDeclHandler = refuse  # with it go entities, ours and others'
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError):
        return None
    address = "".join(texts.get("EMailAddress", ())).strip()
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or len(address) > 320:
        return None
    return OutlookRequest(address, "".join(texts.get("AcceptableResponseSchema", ())).strip())


def apple(servers: Servers) -> bytes:
    """A profile of one account. Without address and password: the device asks for them."""

    def identity(what: str) -> str:
        return str(uuid.uuid5(IDENTITIES, f"{what} {servers.domain}")).upper()

    reverse = ".".join(reversed(servers.domain.split(".")))
    account: dict[str, Any] = {
        "PayloadType": "com.apple.mail.managed",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{reverse}.email.account",
        "PayloadUUID": identity("account"),
        "PayloadDisplayName": servers.domain,
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAccountDescription": servers.domain,
    }
    for way, host, port in (("Incoming", servers.imap, IMAP_PORT), ("Outgoing", servers.smtp, SMTP_PORT)):
        account[f"{way}MailServerHostName"] = host
        account[f"{way}MailServerPortNumber"] = port
        account[f"{way}MailServerUseSSL"] = True  # on 587 Apple's programs say STARTTLS
        account[f"{way}MailServerAuthentication"] = "EmailAuthPassword"
    account["OutgoingPasswordSameAsIncomingPassword"] = True
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{reverse}.email",
        "PayloadUUID": identity("profile"),
        "PayloadDisplayName": servers.domain,
        "PayloadOrganization": servers.provider,
        "PayloadRemovalDisallowed": False,
        "PayloadContent": [account],
    }
    return plistlib.dumps(profile)


def _texts(parent: Element, **texts: object) -> None:
    for tag, text in texts.items():
        SubElement(parent, tag).text = str(text)


def _document(root: Element) -> bytes:
    return tostring(root, encoding="utf-8", xml_declaration=True)
