"""The footer that a domain's messages bear."""

from django.utils.translation import gettext as _

from domains.footer_changes import FooterContent, of_domain
from domains.footer_changes import remove_footer as remove
from domains.footer_changes import set_footer as change

from ..access import domain_of
from ..framework import Asked, operation
from ..schemas.base import Note
from ..schemas.footers import FooterOut, FooterWish
from .domains import ONE, NameInPath
from .services import ServiceInPath

READ, WRITE = "domains:read", "domains:write"
FOOTER = f"{ONE}/footer"


@operation("GET", FOOTER, scope=READ, response=FooterOut)
def get_footer(request: Asked, service_name: ServiceInPath, name: NameInPath) -> FooterOut:
    """The footer of a domain. Where it has none, nothing is active and all is empty."""
    return FooterOut.of(of_domain(domain_of(request.auth, service_name, name)))


@operation("PUT", FOOTER, scope=WRITE, response=FooterOut)
def set_footer(request: Asked, service_name: ServiceInPath, name: NameInPath, wish: FooterWish) -> FooterOut:
    """Set the footer of a domain, from the next message on.

    The answer has the HTML as it was cleaned. Variables: first_name, last_name, display_name, address, domain, each in
    double braces.
    """
    domain = domain_of(request.auth, service_name, name)
    content = FooterContent(wish.text, wish.html, active=wish.active, only_outside=wish.only_outside)
    return FooterOut.of(change(domain, content, by=request.auth))


@operation("DELETE", FOOTER, scope=WRITE, response=Note)
def remove_footer(request: Asked, service_name: ServiceInPath, name: NameInPath) -> Note:
    """Remove the footer of a domain: messages leave without one from then on."""
    domain = domain_of(request.auth, service_name, name)
    remove(domain, by=request.auth)
    return Note(done=_("The footer is removed: messages leave without one from now on."))
