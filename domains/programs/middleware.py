"""Answers to mail programs at names of customers, before Django refuses their hosts: no session, no cookie.

The answer depends on the domain alone, by one question to the database whether or not it is ours; no account is ever
looked up, so that an address in a request is neither confirmed nor denied.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.template.loader import render_to_string
from django.utils import timezone, translation
from qrcode.main import QRCode

from domains.models import Domain
from panel.hosts import host_name
from panel.limits import allowed, network_of
from panel.models import Organization, Platform, Service

from . import formats
from .signing import signed

Handler = Callable[[HttpRequest], HttpResponse]
CONFIG = "/mail/config-v1.1.xml"
WELL_KNOWN = "/.well-known/autoconfig/mail/config-v1.1.xml"
POX = "/autodiscover/autodiscover.xml"
JSON = "/autodiscover/autodiscover.json"
PROFILE = "/email.mobileconfig"
ASK = "/internal/tls-ask"
OURS = tuple(  # loopback and the networks of containers
    map(ipaddress.ip_network, ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
LABELS = ("autoconfig.", "autodiscover.")
A_MINUTE = 300  # requests of one network
ASKED_A_MINUTE = 1200  # by the proxy, whoever made it ask


def certificates_asked(get_response: Handler) -> Handler:
    """The proxy asks whether a name is ours before it has a certificate made. Stands before `real_address`."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path != ASK:
            return get_response(request)
        if not _is_the_proxy(request):
            return _plain(404)
        if not allowed("tls-ask", "proxy", times=ASKED_A_MINUTE, seconds=60):
            return _plain(429)
        return _plain(200 if _may_have_certificate(request.GET.get("domain", "")) else 404)

    return middleware


def mail_programs(get_response: Handler) -> Handler:
    """Thunderbird, Outlook and phones, at `autoconfig.` and `autodiscover.` of every verified domain."""

    def middleware(request: HttpRequest) -> HttpResponse:
        host = host_name(request.META.get("HTTP_HOST", "").partition(":")[0]) or ""
        path = request.path.lower()
        at_label = host.startswith(LABELS) and host not in settings.ALLOWED_HOSTS
        if not at_label and path not in (WELL_KNOWN, POX) and not _is_json(path):
            return get_response(request)
        response = _answer(request, host, path)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        if request.method == "HEAD":
            response.content = b""
        return response

    return middleware


def _answer(request: HttpRequest, host: str, path: str) -> HttpResponse:
    if not allowed("mail programs", network_of(request), times=A_MINUTE, seconds=60):
        return _plain(429)
    if path == POX:
        return _outlook(request, host)
    if request.method not in ("GET", "HEAD"):
        return _plain(405)
    if _is_json(path):
        return _outlook_json(request, host)
    at_autoconfig = host.startswith("autoconfig.") and path in ("/", CONFIG, PROFILE)
    if path != WELL_KNOWN and not at_autoconfig:
        return _plain(404)
    servers = _servers(_bare(host))
    if servers is None:
        return _plain(404)
    if path == "/":
        return _page(request, servers)
    if path == PROFILE:
        response = HttpResponse(signed(formats.apple(servers)), content_type="application/x-apple-aspen-config")
        response.headers["Content-Disposition"] = f'attachment; filename="{servers.domain}.mobileconfig"'
        return response
    return HttpResponse(formats.thunderbird(servers), content_type="text/xml; charset=utf-8")


def _outlook(request: HttpRequest, host: str) -> HttpResponse:
    """At the domain's own names; and at the platform's, where SRV leads, for the domain of the address."""
    if request.method != "POST":
        return _plain(405)
    try:
        data = request.read(formats.LARGEST + 1)
    except UnreadablePostError:
        return _plain(400)
    asked = formats.read_outlook(data)
    if asked is None:
        return _pox_error(600, "Invalid Request")
    if asked.schema and asked.schema != formats.OUTLOOK:
        return _pox_error(601, "Provider is not available")
    of_address = host_name(asked.address.rpartition("@")[2]) or ""
    domain = of_address if _is_of_platform(host) else _bare(host)
    servers = _servers(domain)
    if servers is None:
        return _plain(404)
    if domain != of_address:
        return _pox_error(500, "The email address can't be found.")
    return HttpResponse(formats.outlook(servers, asked.address), content_type="text/xml; charset=utf-8")


def _outlook_json(request: HttpRequest, host: str) -> HttpResponse:
    """There is autodiscover's first version, and no protocol of Exchange."""
    servers = _servers(_bare(host))
    if servers is None:
        return _plain(404)
    protocol = {name.lower(): str(value) for name, value in request.GET.items()}.get("protocol", "")
    if protocol.lower() == "autodiscoverv1":
        return JsonResponse({"Protocol": "AutodiscoverV1", "Url": f"https://autodiscover.{servers.domain}{POX}"})
    if not protocol:
        code, message = "MandatoryParameterMissing", "A valid value must be provided for the query parameter 'Protocol'"
    else:
        code, message = "InvalidProtocol", "This protocol is not served. Supported values are 'AutodiscoverV1'"
    return JsonResponse({"ErrorCode": code, "ErrorMessage": message}, status=400)


def _page(request: HttpRequest, servers: formats.Servers) -> HttpResponse:
    languages = [code for code, _name in settings.LANGUAGES]
    language = request.GET.get("lang", "")
    if language not in languages:
        language = translation.get_language_from_request(request)
    nonce = secrets.token_urlsafe(16)
    here = f"https://autoconfig.{servers.domain}/"
    with translation.override(language):
        text = render_to_string(
            "domains/programs/set_up.html",
            {
                "servers": servers,
                "nonce": nonce,
                "here": here,
                "qr": _qr(here),
                "language": language,
                "languages": settings.LANGUAGES,
                "imap_port": formats.IMAP_PORT,
                "smtp_port": formats.SMTP_PORT,
                "profile": PROFILE,
            },
        )
    response = HttpResponse(text)
    response.headers["Content-Language"] = language
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return response


def _qr(text: str) -> dict[str, object]:
    """The dark squares as a path, one unit wide each."""
    code = QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    dark = [(x, y) for y, row in enumerate(rows) for x, on in enumerate(row) if on]
    return {"size": len(rows), "path": "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)}


def _servers(name: str) -> formats.Servers | None:
    """Where a name is split over two platforms, the one that came first answers. That of a suspended service does, too:
    its mail arrives, and people sign in again once it is resumed. One that has ended does not."""
    domain = (
        Domain.objects.filter(state=Domain.State.VERIFIED, name__name=name)
        .exclude(service__state=Service.State.ENDED)
        .exclude(service__organization__state=Organization.State.ENDED)
        .select_related("platform")
        .order_by("verified_at", "pk")
        .first()
    )
    if domain is None:
        return None
    platform = domain.platform
    return formats.Servers(domain=name, imap=platform.imap_host, smtp=platform.smtp_host, provider=settings.PANEL_NAME)


def _may_have_certificate(text: str) -> bool:
    host = host_name(text) or ""
    of_domain = host.startswith(LABELS) and _servers(_bare(host)) is not None
    return _is_of_platform(host) or of_domain


def _is_of_platform(host: str) -> bool:
    """Where the SRV records and CNAMEs of domains lead: its own certificate is asked for by Outlook."""
    return bool(host) and Platform.objects.filter(autodiscover_host=host).exists()


def _bare(host: str) -> str:
    """The domain whose `autoconfig.` or `autodiscover.` this is; a name without is the domain itself."""
    for label in LABELS:
        if host.startswith(label):
            return host.removeprefix(label)
    return host


def _is_json(path: str) -> bool:
    """`…/autodiscover.json?Email=…`, or with the address in the path."""
    return path == JSON or path.startswith(f"{JSON}/")


def _is_the_proxy(request: HttpRequest) -> bool:
    """Asks by itself from loopback or the network of the containers: what it passes on for others says so."""
    if "HTTP_X_FORWARDED_FOR" in request.META:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return False
    return any(address in network for network in OURS)


def _pox_error(code: int, message: str) -> HttpResponse:
    time = timezone.now().strftime("%H:%M:%S.%f")
    return HttpResponse(formats.outlook_error(code, message, time), content_type="text/xml; charset=utf-8")


def _plain(status: int) -> HttpResponse:
    return HttpResponse(status=status, content_type="text/plain; charset=utf-8")
