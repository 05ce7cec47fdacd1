"""Spam: what becomes of it by domain, and whose mail is allowed or refused."""

from django.http import Http404

from mailflow import filtering
from mailflow.models import ListedSender, SpamFilter

from ..access import domain_of
from ..framework import Asked, Reply, operation
from ..paging import LIMIT, AfterNumber, Limit, Page, page_of
from ..schemas.base import Id, Note
from ..schemas.spam import ListedSenderOut, ListedSenderWish, SpamOut, SpamWish
from .domains import NameInPath
from .services import ServiceInPath

READ, WRITE = "domains:read", "domains:write"
SPAM = "/services/{service_name}/domains/{name}/spam"
SENDERS = f"{SPAM}/senders"


@operation("GET", SPAM, scope=READ, response=SpamOut)
def get_spam_filter(request: Asked, service_name: ServiceInPath, name: NameInPath) -> SpamOut:
    """What becomes of spam to mailboxes of a domain.

    `runs`: whether its platform has a filter at all. Blocked senders are refused in any case.
    """
    domain = domain_of(request.auth, service_name, name)
    return SpamOut.of(SpamFilter.of(domain), runs=filtering.runs(domain.platform))


@operation("PUT", SPAM, scope=WRITE, response=SpamOut)
def set_spam_filter(request: Asked, service_name: ServiceInPath, name: NameInPath, wish: SpamWish) -> SpamOut:
    """Say what becomes of spam, from the next message on."""
    domain = domain_of(request.auth, service_name, name)
    stored = filtering.set_filter(domain, action=wish.action, threshold=wish.threshold, by=request.auth)
    return SpamOut.of(stored, runs=filtering.runs(domain.platform))


@operation("GET", SENDERS, scope=READ, response=Page[ListedSenderOut])
def list_spam_senders(
    request: Asked, service_name: ServiceInPath, name: NameInPath, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[ListedSenderOut]:
    """Senders that are allowed or blocked."""
    rows = ListedSender.objects.filter(domain=domain_of(request.auth, service_name, name))
    return page_of(request, rows, ListedSenderOut.of, key="id", after=after, limit=limit)


@operation("POST", SENDERS, scope=WRITE, response=ListedSenderOut, status=201)
def add_spam_sender(request: Asked, service_name: ServiceInPath, name: NameInPath, wish: ListedSenderWish) -> Reply:
    """Allow or block a sender: an address, or a domain with all below it.

    One that is listed already changes sides.
    """
    domain = domain_of(request.auth, service_name, name)
    listed = filtering.list_sender(domain, wish.sender, wish.kind, by=request.auth)
    return Reply(ListedSenderOut.of(listed), status=201)


@operation("DELETE", f"{SENDERS}/{{sender_id}}", scope=WRITE, response=Note)
def forget_spam_sender(request: Asked, service_name: ServiceInPath, name: NameInPath, sender_id: Id) -> Note:
    """Take a sender off the list."""
    domain = domain_of(request.auth, service_name, name)
    found = ListedSender.objects.filter(domain=domain, pk=sender_id).first()
    if found is None:
        raise Http404
    found.domain = domain
    filtering.forget_sender(found, by=request.auth)
    return Note(done=found.sender)
