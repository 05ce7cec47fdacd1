"""Domains that are right in every respect, each in its own way, and the platform they are on."""

from __future__ import annotations

from domains.records import DomainFacts, Hosts, Mode, PlatformFacts
from domains.rrset import quote_txt

KEY = (  # of no use: nobody has the private half
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzCtJgvUuY9kC6/7dEgnB3Pms7fb8RS7Uk+IU7hDEm7i+6mgQrra1tZe8"
    "0Jvk7vgaW5Kl0UOTq9gH332hMhGdhqMdlfDlSiBn5mmetXt3BzbwoZgDy7S6TbhWlsloGgzO4IF1XfX4dAIi101dyLoH5clH/5gf"
    "8tTk+wtcn9+onjjxgH2dYHtLU3CbZALbLONsolnjipnhLGoxp5a9ewEf7FrrBEIVh8cjrbyNEAMOZt52BfZW2MgTpA0WclKvPZux"
    "9HLSdXwfuDeN97vPU43TDgbfSnkg5laxUkb8yBVIzSLziA/RwjTL4sr7Vf5RfFzdCxniLmRg+0bZ4FVD7znSKQIDAQAB"
)
PLATFORM = PlatformFacts(
    slug="test",
    hosts=Hosts(
        mx=("mx1.mail.platform.test", "mx2.mail.platform.test"),
        autodiscover="autodiscover.mail.platform.test",
        imap="imap.mail.platform.test",
        smtp="smtp.mail.platform.test",
        spf_include="spf.mail.platform.test",
        verification="verify.mail.platform.test",
    ),
    outbound=("192.0.2.25", "2001:db8::25"),
)
PLATFORM_ZONE = f"""
mx1.mail A 192.0.2.10
mx2.mail A 192.0.2.11
mx2.mail AAAA 2001:db8::11
autodiscover.mail A 192.0.2.12
imap.mail A 192.0.2.13
smtp.mail A 192.0.2.14
verify.mail A 192.0.2.15
spf.mail TXT "v=spf1 include:_v4.mail.platform.test include:_v6.mail.platform.test -all"
_v4.mail TXT "v=spf1 ip4:192.0.2.0/24 -all"
_v6.mail TXT "v=spf1 ip6:2001:db8::/32 -all"
shared._domainkey.mail TXT {quote_txt(f"v=DKIM1; k=rsa; p={KEY}")}
"""
COMMON = """
_autodiscover._tcp SRV 0 0 443 autodiscover.mail.platform.test.
_imaps._tcp SRV 0 0 993 imap.mail.platform.test.
_submission._tcp SRV 0 0 587 smtp.mail.platform.test.
autoconfig CNAME autodiscover.mail.platform.test.
autodiscover CNAME autodiscover.mail.platform.test.
token CNAME verify.mail.platform.test.
"""
MX = "@ MX 10 mx1.mail.platform.test.\n@ MX 20 mx2.mail.platform.test.\n"
SHAPES = (
    # as the list of changes says it
    f"""{MX}
@ TXT "v=spf1 include:spf.mail.platform.test ~all"
s1._domainkey TXT {quote_txt(f"v=DKIM1; k=rsa; p={KEY}")}
_dmarc TXT "v=DMARC1; p=none"
""",
    # other TXT records beside, a key behind an alias, other priorities
    """
@ MX 1 mx1.mail.platform.test.
@ MX 2 mx2.mail.platform.test.
@ TXT "site-verification=0123456789"
@ TXT "v=spf1 a:www.{name}. mx " "include:spf.mail.platform.test -all"
@ A 192.0.2.80
www A 192.0.2.80
s1._domainkey CNAME shared._domainkey.mail.platform.test.
_dmarc TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@{name}"
""",
    # so many TXT records that the answer comes by TCP
    MX
    + "\n".join(f'@ TXT "note {number:03d} {"x" * 40}"' for number in range(60))
    + f"""
@ TXT "v=spf1 redirect=spf.mail.platform.test"
s1._domainkey TXT {quote_txt(f"p={KEY}; k=rsa")}
_dmarc TXT "v=DMARC1;p=reject"
""",
)


def zones(count: int) -> dict[str, str]:
    """Zone files of the first `count` domains, of the platform and of the zone above them."""
    names = [name_of(number) for number in range(count)]
    delegations = "\n".join(f"{name}. NS ns1.{name}.\nns1.{name}. A 127.0.0.1" for name in [*names, "platform.test"])
    files = {name: SHAPES[number % len(SHAPES)].format(name=name) + COMMON for number, name in enumerate(names)}
    return files | {"platform.test": PLATFORM_ZONE, "test": delegations}


def name_of(number: int) -> str:
    return f"domain{number}.test"


def facts_of(number: int) -> DomainFacts:
    """Every fourth domain is split with another system and still all here."""
    split = number % 4 == 3
    mode = Mode.NON_AUTHORITATIVE if split else Mode.AUTHORITATIVE
    target = "imap.mail.platform.test" if split else ""
    return DomainFacts(name_of(number), mode, target, token="token", dkim={"s1": KEY})
