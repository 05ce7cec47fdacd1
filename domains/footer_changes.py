"""Setting a domain's footer and taking it away. It holds from the next message on: the policy server reads it there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.errors import Refused

from .footers import HTML_AT_MOST, TEXT_AT_MOST, clean, unknown_variables, values_of
from .models import Domain, Footer
from .names import NameRefused, to_ascii

if TYPE_CHECKING:
    from panel.actors import Actor

SHOWN = 200  # characters of each in the log
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class FooterContent:
    """What somebody has typed."""

    text: str
    html: str
    active: bool = True
    only_outside: bool = False


def of_domain(domain: Domain) -> Footer | None:
    return Footer.objects.filter(domain=domain).first()


def set_footer(domain: Domain, content: FooterContent, *, by: Actor) -> Footer:
    """What is left empty of text and HTML is made of the other. Raises Refused."""
    domain.service.require_open()
    text, html = _checked(content)
    with transaction.atomic():
        _lock(domain)
        before = of_domain(domain)
        after = Footer(domain=domain, text=text, html=html, active=content.active, only_outside=content.only_outside)
        if before is not None:
            if _facts(before) == _facts(after) and (before.text, before.html) == (text, html):
                return before
            after.pk = before.pk
        after.changed_at = timezone.now()
        after.save()
        record(
            "domain.footer",
            actor=by,
            service=domain.service,
            target=domain.name.name,
            before=_facts(before) if before else None,
            after=_facts(after),
        )
    return after


def remove_footer(domain: Domain, *, by: Actor) -> None:
    """Nothing where there is none. Raises Refused."""
    domain.service.require_open()
    with transaction.atomic():
        _lock(domain)
        before = of_domain(domain)
        if before is not None:
            before.delete()
            record(
                "domain.footer_removed",
                actor=by,
                service=domain.service,
                target=domain.name.name,
                before=_facts(before),
            )


def sample_values(domain: Domain, account: str = "") -> Mapping[str, str]:
    """Values of the variables: of an account of the service, by its address, or of nobody. Raises Refused."""
    if not account.strip():
        address = f"anna.kowalska@{domain.name.name}"
        return values_of(first_name="Anna", last_name="Kowalska", display_name="Anna Kowalska", address=address)
    local, _at, name = account.strip().lower().partition("@")
    try:
        address = f"{local}@{to_ascii(name) if name else domain.name.name}"
    except NameRefused:
        address = ""
    found = domain.service.accounts.exclude(state="slot").filter(address_key=address).first() if address else None
    if found is None:
        raise Refused("no-account", _("No account of this service has this address."), field="account")
    return values_of(
        first_name=found.first_name, last_name=found.last_name, display_name=found.display_name, address=address
    )


def _checked(content: FooterContent) -> tuple[str, str]:
    text = _CONTROLS.sub("", content.text.replace("\r\n", "\n").replace("\r", "\n")).rstrip()
    html = clean(content.html)
    if len(text) > TEXT_AT_MOST:
        raise Refused("too-long", _("At most %(most)d characters.") % {"most": TEXT_AT_MOST}, field="text")
    if max(len(html), len(content.html)) > HTML_AT_MOST:
        raise Refused("too-long", _("At most %(most)d characters.") % {"most": HTML_AT_MOST}, field="html")
    for field, source in (("text", text), ("html", html)):
        if unknown := unknown_variables(source):
            names = ", ".join(f"{{{{{name}}}}}" for name in unknown)
            raise Refused("unknown-variable", _("There is no such variable: %(names)s") % {"names": names}, field=field)
    if content.html.strip() and not html:
        raise Refused("nothing-left", _("Nothing of this may stand in a message."), field="html")
    if not text and not html:
        raise Refused("empty", _("Write a text, or HTML, or both."), field="text")
    return text, html


def _lock(domain: Domain) -> None:
    if not Domain.objects.select_for_update().filter(pk=domain.pk).exists():
        raise Refused("not-attached", _("This domain is not attached any more."))


def _facts(footer: Footer) -> dict[str, Any]:
    return {
        "active": footer.active,
        "only_outside": footer.only_outside,
        "text": footer.text[:SHOWN],
        "html": footer.html[:SHOWN],
    }
