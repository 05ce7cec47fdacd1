"""Sentences for the codes that the pure modules of this app return."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .names import NameRefused, RefusalCode
from .targets import TargetFault, TargetRefused

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
