"""Who hosts a zone, told from its NS records, and how that provider's forms want a name written. Pure.

A name server belongs to a provider when its host name ends with one of the provider's suffixes, or matches a pattern:
where the suffix is numbered, or where customers' own servers have names below it too (`ns3012345.ovh.net`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domains.rrset import absolute


class Writing(StrEnum):
    """How a provider's form wants the name of a record."""

    AT = "at"  # relative to the zone; `@` for the zone's own name
    EMPTY = "empty"  # relative to the zone; nothing for the zone's own name
    ABSOLUTE = "absolute"  # the whole name, with its final dot
    FULL = "full"  # the whole name, without a final dot


@dataclass(frozen=True, slots=True)
class DnsHost:
    """`priority_apart`: MX priority (and SRV priority, weight and port) have fields of their own in its form.

    `beside`: patterns of another provider's servers that stand beside its own in the same set.
    """

    name: str
    servers: tuple[str, ...]  # suffixes of host names, or patterns that begin with ^
    guide: str  # the provider's own page on editing records
    writing: Writing = Writing.AT
    priority_apart: bool = True
    beside: tuple[str, ...] = ()

    def serves(self, server: str) -> bool:
        return _matches(server, self.servers)

    def runs(self, server: str) -> bool:
        return self.serves(server) or _matches(server, self.beside)


def _matches(server: str, known: tuple[str, ...]) -> bool:
    for one in known:
        if one.startswith("^"):
            if re.search(one, server):
                return True
        elif server == one or server.endswith(f".{one}"):
            return True
    return False


_EMPTY = Writing.EMPTY

HOSTS: tuple[DnsHost, ...] = (
    DnsHost(
        "Cloudflare",
        ("ns.cloudflare.com", "secondary.cloudflare.com", r"^[a-z]+\.foundationdns\.(com|net|org)$"),
        "https://developers.cloudflare.com/dns/manage-dns-records/",
    ),
    DnsHost(
        name="OVHcloud",
        servers=(r"^d?ns\d{0,3}\.(ovh\.(net|ca)|anycast\.me)$",),  # sdnsN is second to customers' own servers
        guide="https://help.ovhcloud.com/csm/dns-zone",
        writing=_EMPTY,
    ),
    DnsHost("GoDaddy", ("domaincontrol.com",), "https://www.godaddy.com/help/manage-dns-records-680"),
    DnsHost("Namecheap", ("registrar-servers.com",), "https://www.namecheap.com/support/knowledgebase/"),
    DnsHost(
        name="Amazon Route 53",
        servers=(r"^ns-\d+\.awsdns-\d+\.(com|net|org|co\.uk)$",),
        guide="https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/rrsets-working-with.html",
        writing=_EMPTY,
        priority_apart=False,
    ),
    # Both hand out the same name servers: Squarespace took over the domains of Google Domains with theirs.
    DnsHost(
        "Squarespace or Google Cloud DNS",
        (r"^ns-cloud-[a-z]\d\.googledomains\.com$",),
        "https://support.squarespace.com/hc/articles/360002101888",
    ),
    DnsHost(
        "Squarespace",
        ("squarespacedns.com", "googledomains.com"),
        "https://support.squarespace.com/hc/articles/360002101888",
        beside=(r"^dns\d\.p\d\d\.nsone\.net$",),
    ),
    DnsHost(
        "Azure DNS",
        (r"^ns\d-\d+\.azure-dns\.(com|net|org|info)$",),
        "https://learn.microsoft.com/azure/dns/dns-operations-recordsets-portal",
    ),
    DnsHost(
        "IONOS",
        (r"^ns\d*\.ui-dns\.(com|de|org|biz)$", r"^ns-[a-z]+\.1and1-dns\.(com|de|org|us|biz|es|fr|co\.uk)$"),
        "https://www.ionos.com/help/domains/",
    ),
    DnsHost(
        "Hetzner",
        (
            "ns.hetzner.com",
            "ns.hetzner.de",
            "first-ns.de",
            "second-ns.de",
            "second-ns.com",
            r"^ns\d?\.your-server\.de$",
        ),
        "https://docs.hetzner.com/networking/dns/",
    ),
    DnsHost("Gandi", ("gandi.net",), "https://docs.gandi.net/en/domain_names/common_operations/dns_records.html"),
    DnsHost(
        "DigitalOcean",
        ("digitalocean.com",),
        "https://docs.digitalocean.com/products/networking/dns/how-to/manage-records/",
    ),
    DnsHost(
        name="Akamai (Linode)",
        servers=(r"^ns\d\.linode\.com$",),
        guide="https://techdocs.akamai.com/cloud-computing/docs/dns-manager",
        writing=_EMPTY,
    ),
    DnsHost(
        name="Vultr",
        servers=(r"^ns\d\.vultr\.com$",),
        guide="https://docs.vultr.com/products/network/dns",
        writing=_EMPTY,
    ),
    DnsHost(
        name="DNSimple",
        servers=("dnsimple.com", "dnsimple-edge.net", "dnsimple-edge.org"),
        guide="https://support.dnsimple.com/",
        writing=_EMPTY,
    ),
    # Both hand out the same name servers: Netlify's DNS is run by NS1.
    DnsHost("Netlify or NS1", ("nsone.net",), "https://docs.netlify.com/manage/domains/configure-domains/dns-records/"),
    DnsHost(name="home.pl", servers=(r"^dns\d?\.home\.pl$",), guide="https://pomoc.home.pl/", writing=_EMPTY),
    DnsHost(name="nazwa.pl", servers=("nazwa.pl",), guide="https://www.nazwa.pl/pomoc/", writing=_EMPTY),
    DnsHost(
        name="cyber_Folks",
        servers=("cyberfolks.pl", "linuxpl.com", "linuxpl.info"),
        guide="https://cyberfolks.pl/pomoc/",
        writing=_EMPTY,
    ),
    DnsHost(name="LH.pl", servers=("lh.pl", "lighthosting.net"), guide="https://www.lh.pl/pomoc/", writing=_EMPTY),
    DnsHost(
        name="dhosting", servers=("dhosting.pl", "dhosting.com"), guide="https://dhosting.pl/pomoc/", writing=_EMPTY
    ),
    DnsHost(name="Zenbox", servers=("zenbox.pl",), guide="https://zenbox.pl/pomoc/", writing=_EMPTY),
    DnsHost(name="SEOHOST", servers=("seohost.pl",), guide="https://seohost.pl/pomoc/", writing=_EMPTY),
    DnsHost(name="KEI.PL", servers=("kei.pl",), guide="https://www.kei.pl/pomoc/", writing=_EMPTY),
    DnsHost(name="AZ.pl", servers=("az.pl",), guide="https://pomoc.az.pl/", writing=_EMPTY),
    DnsHost(name="domeny.tv", servers=("domeny.tv",), guide="https://www.domeny.tv/pomoc", writing=_EMPTY),
    DnsHost(
        name="AfterMarket.pl", servers=("aftermarket.pl",), guide="https://www.aftermarket.pl/pomoc", writing=_EMPTY
    ),
    DnsHost(name="Porkbun", servers=("porkbun.com",), guide="https://kb.porkbun.com/", writing=_EMPTY),
    DnsHost(
        name="Dynadot", servers=("dyna-ns.net", "dynadot.com"), guide="https://www.dynadot.com/help/", writing=_EMPTY
    ),
    DnsHost(name="Name.com", servers=("name.com",), guide="https://www.name.com/support/", writing=_EMPTY),
    DnsHost("Hover", ("hover.com",), "https://support.hover.com/"),
    DnsHost("Network Solutions", ("worldnic.com",), "https://www.networksolutions.com/help/"),
    DnsHost("Bluehost", ("bluehost.com",), "https://www.bluehost.com/help/"),
    DnsHost("HostGator", ("hostgator.com", "websitewelcome.com"), "https://www.hostgator.com/help/"),
    DnsHost(
        name="DreamHost", servers=(r"^ns\d\.dreamhost\.com$",), guide="https://help.dreamhost.com/", writing=_EMPTY
    ),
    DnsHost(
        name="SiteGround",
        servers=("siteground.net", "sgvps.net"),
        guide="https://www.siteground.com/kb/",
        writing=_EMPTY,
    ),
    DnsHost(name="Wix", servers=("wixdns.net",), guide="https://support.wix.com/en/domains", writing=_EMPTY),
    DnsHost("WordPress.com", ("wordpress.com",), "https://wordpress.com/support/domains/custom-dns/"),
    DnsHost("Hostinger", ("dns-parking.com", "hostinger.com"), "https://support.hostinger.com/"),
    DnsHost(
        name="Infomaniak",
        servers=("infomaniak.ch", "infomaniak.com"),
        guide="https://www.infomaniak.com/en/support",
        writing=_EMPTY,
    ),
    DnsHost("Vercel", ("vercel-dns.com",), "https://vercel.com/docs/domains/managing-dns-records"),
    DnsHost(name="STRATO", servers=("rzone.de", "strato.de"), guide="https://www.strato.de/faq/", writing=_EMPTY),
    DnsHost(name="one.com", servers=("one.com",), guide="https://help.one.com/", writing=_EMPTY),
    DnsHost("Loopia", ("loopia.se",), "https://support.loopia.com/"),
    DnsHost("TransIP", ("transip.net", "transip.nl", "transip.eu"), "https://www.transip.nl/knowledgebase/"),
    DnsHost(
        name="INWX",
        servers=("inwx.de", "inwx.eu", "inwx.com", "inwx.net"),
        guide="https://kb.inwx.com/",
        writing=_EMPTY,
    ),
    DnsHost(
        name="Aruba",
        servers=("technorail.com", "arubadns.net", "arubadns.cz"),
        guide="https://guide.hosting.aruba.it/domini/",
        writing=_EMPTY,
    ),
    DnsHost("Register.it", ("register.it",), "https://www.register.it/assistenza/"),
    DnsHost("Combell", ("combell.net", "combell.eu", "combell.com"), "https://www.combell.com/en/help/"),
    DnsHost("dinahosting", ("dinahosting.com",), "https://dinahosting.com/ayuda/"),
    DnsHost("Arsys", (r"^dns\d+\.servidoresdns\.net$",), "https://www.arsys.es/ayuda"),
    DnsHost(
        name="Active24",
        servers=("ns.active24.cz", "ns.active24.sk"),
        guide="https://www.active24.cz/centrum-napovedy",
        writing=_EMPTY,
    ),
    DnsHost(name="WEDOS", servers=(r"^ns\.wedos\.(cz|com|net|eu)$",), guide="https://kb.wedos.com/", writing=_EMPTY),
    DnsHost(
        name="Forpsi", servers=(r"^ns\.forpsi\.(cz|it|net)$",), guide="https://support.forpsi.com/", writing=_EMPTY
    ),
    DnsHost(
        name="Zone.eu",
        servers=("ns.zone.eu", "ns2.zone.ee", "ns3.zonedata.net"),
        guide="https://help.zone.eu/en/",
        writing=_EMPTY,
    ),
    DnsHost(
        name="WebSupport",
        servers=("websupport.sk", "websupport.cz"),
        guide="https://www.websupport.sk/podpora/",
        writing=_EMPTY,
    ),
    DnsHost(
        name="ALL-INKL.COM",
        servers=(r"^ns\d+\.kasserver\.com$",),
        guide="https://all-inkl.com/wichtig/anleitungen/",
        writing=_EMPTY,
    ),
    DnsHost("netcup", (r"^(root|second|third)-dns\.netcup\.net$",), "https://helpcenter.netcup.com/"),
    DnsHost(
        name="Bunny DNS", servers=(r"^(kiki|coco)\.bunny\.net$",), guide="https://docs.bunny.net/dns", writing=_EMPTY
    ),
    DnsHost("OpenSRS", ("systemdns.com",), "https://support.opensrs.com/"),
    DnsHost("Alibaba Cloud", ("alidns.com", "hichina.com"), "https://www.alibabacloud.com/help/en/dns"),
    DnsHost("DNSPod", ("dnspod.net", "dnspod.com"), "https://docs.dnspod.com/"),
    DnsHost(
        name="Akamai Edge DNS",
        servers=("akam.net",),
        guide="https://techdocs.akamai.com/edge-dns/docs",
        writing=Writing.FULL,
        priority_apart=False,
    ),
    DnsHost(
        name="deSEC",
        servers=("desec.io", "desec.org"),
        guide="https://desec.readthedocs.io/",
        writing=_EMPTY,
        priority_apart=False,
    ),
    DnsHost(name="ClouDNS", servers=("cloudns.net",), guide="https://www.cloudns.net/wiki/", writing=_EMPTY),
    DnsHost(
        name="Hurricane Electric",
        servers=(r"^ns\d\.he\.net$",),
        guide="https://dns.he.net/docs.html",
        writing=Writing.FULL,
    ),
)


def host_of(servers: Iterable[str]) -> DnsHost | None:
    """The provider that runs these name servers (host names); None where no single one is known to run most of them:
    where two share a zone, only its owner knows at which of them it is edited."""
    names = {server.lower().rstrip(".") for server in servers}
    for host in dict.fromkeys(host for name in sorted(names) if (host := _host_of_one(name)) is not None):
        if sum(host.runs(name) for name in names) * 2 > len(names):
            return host
    return None


def _host_of_one(server: str) -> DnsHost | None:
    return next((host for host in HOSTS if host.serves(server)), None)


def written(name: str, zone: str, writing: Writing = Writing.AT) -> str:
    """`name` (absolute) as a form for `zone` wants it typed. A name outside the zone stays absolute."""
    name, zone = absolute(name), absolute(zone)
    if writing == Writing.ABSOLUTE or (name != zone and not name.endswith(f".{zone}")):
        return name
    if writing == Writing.FULL:
        return name.rstrip(".")
    if name == zone:
        return "@" if writing == Writing.AT else ""
    return name.removesuffix(f".{zone}")


@dataclass(frozen=True, slots=True)
class NamePart:
    """One field of a form: its stable key (`priority`, `weight`, `port`, `value`) and what to type there."""

    key: str
    text: str


def parts(type_: str, value: str, *, apart: bool = True) -> tuple[NamePart, ...]:
    """A value as the fields of a form, where these are apart: `10 mx.example.` as priority and host."""
    if apart and type_ == "MX" and (words := value.split(" ", 1))[1:]:
        return NamePart("priority", words[0]), NamePart("value", words[1])
    if apart and type_ == "SRV" and len(words := value.split(" ", 3)) == 4:
        return (
            NamePart("priority", words[0]),
            NamePart("weight", words[1]),
            NamePart("port", words[2]),
            NamePart("value", words[3]),
        )
    return (NamePart("value", value),)
