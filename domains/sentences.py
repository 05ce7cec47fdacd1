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
    RefusalCode.TOO_LONG: _("This name has %(length)s characters; a domain name has at most %(limit)s."),
    RefusalCode.EMPTY_LABEL: _("There is nothing between two of the dots, or before the first one."),
    RefusalCode.LABEL_TOO_LONG: _("“%(label)s” is too long: a part between dots has at most %(limit)s characters."),
    RefusalCode.UNDERSCORE: _("“%(label)s” has an underscore, which a mail domain cannot have."),
    RefusalCode.HYPHEN: _("“%(label)s” begins or ends with a hyphen."),
    RefusalCode.CHARACTER: _("“%(label)s” has a character that a domain name cannot have: %(character)s"),
    RefusalCode.BAD_A_LABEL: _("“%(label)s” is not a valid encoded (xn--) name."),
    RefusalCode.WILDCARD: _("A wildcard cannot be attached: type the domain itself."),
    RefusalCode.SINGLE_LABEL: _("A domain name has at least two parts, such as example.com."),
    RefusalCode.NUMERIC: _("The last part of a domain name cannot be a number."),
    RefusalCode.PUBLIC_SUFFIX: _("%(name)s is shared by everybody who registers names below it: type a name of yours."),
    RefusalCode.RESERVED: _("Names under .%(suffix)s are reserved and cannot receive mail from the Internet."),
}

TARGET_SENTENCES: dict[TargetFault, Promise | str] = {
    TargetFault.MISSING: _("Non-authoritative mode needs a target server: the other system's inbound mail server."),
    TargetFault.PORT: _("Write the target server as host or host:port, with a port from 1 to 65535."),
    TargetFault.NAME: _("This is no host name."),
    TargetFault.PRIVATE: _(
        "This server's address is in a private or reserved range; the platform cannot pass mail there."
    ),
    TargetFault.LOOP: _("This is a server of this platform: mail would go round in a circle. Name the other system's."),
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
    Outcome.RIGHT: _("right already"),
    Outcome.LEFT_ALONE: _("left alone"),
}

LEFT: dict[Left, Promise | str] = {
    Left.INTENDED: _("Marked as intended; nothing is changed."),
    Left.AMBIGUOUS: _("What was meant can be several things: you have to decide. Nothing is changed."),
    Left.FLATTENED: _(
        "The DNS host answers with addresses where an alias (CNAME) should stand. Switch off its proxy or flattening "
        "for this name; nothing of ours can change that."
    ),
    Left.FOREIGN_MX: _("Mail enters through the other system, whose hosts are its own matter; nothing is changed."),
    Left.FOREIGN_SERVICE: _("The other half's mail programs may need it."),
    Left.ALIAS: _("The name is an alias (CNAME) of another: records beside it are not possible."),
    Left.DNAME: _("A DNAME above the name leaves no room for records here."),
    Left.LIMITS: _(
        "With our entry added the SPF record would be in error. Take out what is not needed any more first."
    ),
    Left.PLATFORM_AT_FAULT: _("The domain is right; the platform's own record is not."),
    Left.UNKNOWN: _("Names outside the zone did not answer, so nobody can tell. Try again."),
    Left.ZONE_BELOW: _("The change belongs into a zone of its own below this one, on other name servers."),
    Left.NOT_CONFIRMED: _("The MX moves mail: it is written only where that is confirmed."),
    Left.NO_FIX: _("No change of records can mend this."),
}

ZONE_FILE_FAULTS: dict[str, Promise | str] = {
    "class": _("Records of the class %(detail)s are not for the Internet."),
    "directive": _("%(detail)s cannot be used here: only $ORIGIN and $TTL are understood."),
    "empty": _("The file holds no records."),
    "name": _("%(detail)s is no domain name."),
    "no-origin": _("%(detail)s is a relative name, and no $ORIGIN says of which zone."),
    "outside": _("%(detail)s lies outside the zone."),
    "owner": _("The first record names no owner."),
    "parenthesis": _("A parenthesis is opened and not closed, or closed and not opened."),
    "quote": _("A quotation mark is opened and not closed."),
    "record": _("This is no record: %(detail)s"),
    "soa": _("A zone has one SOA record; this is the second."),
    "ttl": _("%(detail)s is no TTL."),
}

# What each box of the wizard is for.
BOXES: dict[Kind, Promise | str] = {
    Kind.SRV: _("Mail programs find their settings by themselves."),
    Kind.MX: _("Mail to the domain arrives here. Without it nothing is received."),
    Kind.SPF: _("Receivers know that mail from here is yours. Your other senders stay allowed."),
    Kind.DKIM: _("Mail is signed, and receivers can tell that nobody changed it."),
    Kind.DMARC: _("Says what to do with forged mail: for now, only to report it."),
    Kind.CNAME: _("Proves that you may use the name. Always written."),
}

PROVIDER_ERRORS: dict[str, Promise | str] = {
    "bad-url": _("The address must look like https://dns.example.com:8081."),
    "cannot-list": _("This provider does not tell which zones it has: add them by name."),
    "credentials": _("The provider does not accept these credentials."),
    "forbidden": _("The server's address is private or reserved; the panel connects to public addresses only."),
    "given-up": _("Three times whoever worked on it did not come to an end. Look at the zone before you try again."),
    "no-such-host": _("The server's name does not exist."),
    "no-such-zone": _("The provider has no such zone for these credentials."),
    "not-authoritative": _("The server does not serve this zone, or does not let this key change it."),
    "refused": _("The server refuses: it does not serve this zone, or the key may not change it."),
    "rejected": _("The provider rejected the change."),
    "server-error": _("The provider answered with an error of its own. Try again later."),
    "settings-missing": _("Something is missing in this provider's settings."),
    "timeout": _("The server did not answer in time. Run it again: what is done already is not done twice."),
    "tls": _("The server's certificate could not be verified."),
    "too-many-calls": _("The provider asks to slow down. Try again in a few minutes."),
    "transfer-refused": _("The server does not let this key list the zone."),
    "tsig-key": _("The server does not know a TSIG key of this name, or it has another algorithm there."),
    "tsig-malformed": _("The TSIG secret is not in base64, or the key's name is none."),
    "tsig-secret": _("The TSIG secret is wrong: the server knows the key, but the signatures differ."),
    "tsig-time": _("The clocks of the server and of the panel differ too much for TSIG."),
    "unknown-provider": _("This provider is not offered."),
    "unknown-type": _("The provider cannot hold a record of this type."),
    "unreachable": _("The server cannot be reached. Nothing was changed by this attempt."),
    "unresolved": _("The server's name could not be looked up. Try again."),
    "updates-unknown": _("The server does not know dynamic updates."),
    "zone-changed": _("The zone has changed since the plan was made. Nothing was overwritten: look at a new plan."),
    "zone-removed": _("The zone is no longer managed here."),
}


def provider_sentence(code: str) -> str:
    return str(PROVIDER_ERRORS.get(code, _("The provider did not do it.")))
