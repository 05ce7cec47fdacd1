"""Sentences for the codes that the pure modules of this app return."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .names import NameRefused, RefusalCode
from .records import Kind
from .rules.deciding import Left
from .targets import TargetFault, TargetRefused
from .zones.diff import Outcome

NAME_SENTENCES: dict[RefusalCode, Promise | str] = {
    RefusalCode.EMPTY: _("Type a domain name, such as example.com."),
    RefusalCode.URL: _("This is more than a domain name. Did you mean %(name)s?"),
    RefusalCode.E_MAIL_ADDRESS: _("This is an e-mail address. Did you mean its domain, %(name)s?"),
    RefusalCode.IP_ADDRESS: _("This is an IP address. A domain name is needed, such as example.com."),
    RefusalCode.TOO_LONG: _("This name is too long: %(length)s characters, with a limit of %(limit)s."),
    RefusalCode.EMPTY_LABEL: _("There is nothing between two of the dots, or before the first one."),
    RefusalCode.LABEL_TOO_LONG: _("“%(label)s” is too long: the limit for a part between dots is %(limit)s."),
    RefusalCode.UNDERSCORE: _("“%(label)s” has an underscore, which is not allowed in a mail domain."),
    RefusalCode.HYPHEN: _("“%(label)s” begins or ends with a hyphen."),
    RefusalCode.CHARACTER: _("“%(label)s” has a character that is not allowed in a domain name: %(character)s"),
    RefusalCode.BAD_A_LABEL: _("“%(label)s” is not a valid encoded (xn--) name."),
    RefusalCode.WILDCARD: _("A wildcard cannot be attached: type the domain itself."),
    RefusalCode.SINGLE_LABEL: _("A domain name has at least two parts, such as example.com."),
    RefusalCode.NUMERIC: _("The last part of a domain name cannot be a number."),
    RefusalCode.PUBLIC_SUFFIX: _("%(name)s is shared by everyone who registers names below it: type your own name."),
    RefusalCode.RESERVED: _("Names under .%(suffix)s are reserved and cannot receive mail from the Internet."),
}

TARGET_SENTENCES: dict[TargetFault, Promise | str] = {
    TargetFault.MISSING: _("Non-authoritative mode needs a target server: the other system's inbound mail server."),
    TargetFault.PORT: _("Write the target server as host or host:port, with a port from 1 to 65535."),
    TargetFault.NAME: _("This is not a host name."),
    TargetFault.PRIVATE: _(
        "This server's address is in a private or reserved range; the platform cannot pass mail there."
    ),
    TargetFault.LOOP: _(
        "This is a server of this platform: mail would go round in circles. Enter the other system's server."
    ),
}


def name_sentence(refusal: NameRefused) -> str:
    return str(NAME_SENTENCES[refusal.code]) % refusal.facts


def target_sentence(refusal: TargetRefused) -> str:
    if refusal.cause is not None:
        return name_sentence(refusal.cause)
    return str(TARGET_SENTENCES[refusal.code])


CHOICES: dict[Outcome, Promise | str] = {
    Outcome.ADD: _("added"),
    Outcome.REPLACE: _("replaced"),
    Outcome.RIGHT: _("already correct"),
    Outcome.LEFT_ALONE: _("left alone"),
}

LEFT: dict[Left, Promise | str] = {
    Left.INTENDED: _("Marked as intended; nothing is changed."),
    Left.AMBIGUOUS: _("The record can be read in several ways, so you have to decide. Nothing is changed."),
    Left.FLATTENED: _(
        "The DNS host answers with addresses where an alias (CNAME) should be. Switch off its proxy or flattening for"
        " this name; the panel cannot change that."
    ),
    Left.FOREIGN_MX: _("Mail enters through the other system, which manages its own hosts; nothing is changed."),
    Left.FOREIGN_SERVICE: _("The other half's mail programs may need it."),
    Left.ALIAS: _("The name is an alias (CNAME) of another: records beside it are not possible."),
    Left.DNAME: _("A DNAME above the name leaves no room for records here."),
    Left.LIMITS: _("With our entry added, the SPF record would be faulty. First remove what is no longer needed."),
    Left.PLATFORM_AT_FAULT: _("The domain is correct; the platform's own record is not."),
    Left.UNKNOWN: _("Names outside the zone did not answer, so this cannot be determined. Try again."),
    Left.ZONE_BELOW: _("The change belongs in a separate zone below this one, on other name servers."),
    Left.NOT_CONFIRMED: _("The MX moves mail: it is written only where that is confirmed."),
    Left.NO_FIX: _("No change of records can fix this."),
}

ZONE_FILE_FAULTS: dict[str, Promise | str] = {
    "class": _("Records of the class %(detail)s are not for the Internet."),
    "directive": _("%(detail)s cannot be used here: only $ORIGIN and $TTL are understood."),
    "empty": _("The file holds no records."),
    "name": _("%(detail)s is not a domain name."),
    "no-origin": _("%(detail)s is a relative name, and no $ORIGIN says of which zone."),
    "outside": _("%(detail)s lies outside the zone."),
    "owner": _("The first record names no owner."),
    "parenthesis": _("A parenthesis is opened and not closed, or closed and not opened."),
    "quote": _("A quotation mark is opened and not closed."),
    "record": _("This is not a record: %(detail)s"),
    "soa": _("A zone has one SOA record; this is the second."),
    "ttl": _("%(detail)s is not a TTL."),
}

# What each box of the wizard is for.
BOXES: dict[Kind, Promise | str] = {
    Kind.SRV: _("Mail programs find their settings by themselves."),
    Kind.MX: _("Mail to the domain arrives here. Without it nothing is received."),
    Kind.SPF: _("Receivers know that mail from here is yours. Your other senders stay allowed."),
    Kind.DKIM: _("Mail is signed, and receivers can tell that nobody changed it."),
    Kind.DMARC: _("Says what to do with forged mail: for now, only to report it."),
    Kind.CNAME: _("Verifies that you may use the name. Always written."),
}

PROVIDER_ERRORS: dict[str, Promise | str] = {
    "bad-url": _("Enter the address in the form https://dns.example.com:8081."),
    "cannot-list": _("This provider does not list its zones: add them by name."),
    "credentials": _("The provider does not accept these credentials."),
    "forbidden": _("The server's address is private or reserved; the panel connects to public addresses only."),
    "given-up": _("It was started three times and did not finish. Check the zone before you try again."),
    "no-such-host": _("The server's name does not exist."),
    "no-such-zone": _("The provider has no such zone for these credentials."),
    "not-authoritative": _("The server does not serve this zone, or does not let this key change it."),
    "refused": _("The server refuses: it does not serve this zone, or the key may not change it."),
    "rejected": _("The provider rejected the change."),
    "server-error": _("The provider answered with an error of its own. Try again later."),
    "settings-missing": _("Something is missing in this provider's settings."),
    "timeout": _("The server did not answer in time. Try again: nothing is done twice."),
    "tls": _("The server's certificate could not be verified."),
    "too-many-calls": _("The provider is limiting requests. Try again in a few minutes."),
    "transfer-refused": _("The server does not let this key list the zone."),
    "tsig-key": _("The server does not know a TSIG key of this name, or it has another algorithm there."),
    "tsig-malformed": _("The TSIG secret is not in base64, or the key's name is none."),
    "tsig-secret": _("The TSIG secret is wrong: the server knows the key, but the signatures differ."),
    "tsig-time": _("The clocks of the server and of the panel differ too much for TSIG."),
    "unknown-provider": _("This provider is not offered."),
    "unknown-type": _("The provider cannot hold a record of this type."),
    "unreachable": _("The server cannot be reached. Nothing was changed by this attempt."),
    "unresolved": _("The server's name could not be resolved. Try again."),
    "updates-unknown": _("The server does not know dynamic updates."),
    "zone-changed": _(
        "The zone has changed since the plan was made. Nothing was overwritten: please review the new plan."
    ),
    "zone-removed": _("The zone is no longer managed here."),
}


def provider_sentence(code: str) -> str:
    return str(PROVIDER_ERRORS.get(code, _("The provider did not do it.")))
