"""Objects for tests, as few words as a test needs. Rows are written directly: verbs have tests of their own.

Every function takes the fields that matter to the test by name and invents the rest.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import (
    Address,
    Alias,
    AppPassword,
    BulkRun,
    EmailAccount,
    GroupMember,
    InboxRule,
    MailGroup,
    Order,
    RetiredMailbox,
    Tally,
)
from diagnostics.models import Check, Share
from domains.models import Domain, Name, Ownership
from mailflow.models import InboxMessage, ListedSender, TracedMessage
from panel.models import Contact, Letter, Membership, Organization, Platform, Role, Service, User

_numbers = itertools.count(1)


def make_user(email: str = "", *, staff: bool = False, password: str | None = None, **fields: Any) -> User:
    """Without a password nobody can sign in by form; `client.force_login` works all the same, and fast."""
    return User.objects.create_user(email or f"user{next(_numbers)}@people.example", password, is_staff=staff, **fields)


def make_organization(code: str = "", **fields: Any) -> Organization:
    """`contacts`: addresses whose readers have confirmed."""
    code = code or f"or{next(_numbers)}"
    contacts = fields.pop("contacts", [])
    organization = Organization.objects.create(code=code, **{"name": f"Organization {code}", **fields})
    make_contacts(organization, *contacts)
    return organization


def make_contacts(organization: Organization, *addresses: str) -> None:
    for email in addresses:
        Contact.objects.create(organization=organization, email=email, confirmed_at=timezone.now())


def make_letter(organization: Organization | None = None, **fields: Any) -> Letter:
    """Waiting to be sent."""
    recipient = f"reader{next(_numbers)}@people.example"
    wanted = {"kind": "invitation", "recipient": recipient, "subject": "Hello", "content": Letter.sealed("Text\n")}
    return Letter.objects.create(organization=organization, **{**wanted, **fields})


def make_member(organization: Organization, role: str = Role.OWNER, user: User | None = None) -> User:
    user = user or make_user()
    Membership.objects.create(organization=organization, user=user, role=role)
    return user


def make_platform(slug: str = "", **fields: Any) -> Platform:
    slug = slug or f"pro{next(_numbers)}"
    hosts = {
        "mx_hosts": [f"mx1.{slug}.mail.example", f"mx2.{slug}.mail.example"],
        "imap_host": f"{slug}.mail.example",
        "smtp_host": f"{slug}.mail.example",
        "autodiscover_host": f"autodiscover.{slug}.mail.example",
        "webmail_host": f"webmail.{slug}.mail.example",
        "verification_host": f"verify.{slug}.mail.example",
        "spf_include": f"spf.{slug}.mail.example",
        "outbound_addresses": ["192.0.2.10", "2001:db8::10"],
    }
    return Platform.objects.create(slug=slug, **{**hosts, **fields})


def make_service(organization: Organization | None = None, platform: Platform | None = None, **fields: Any) -> Service:
    organization = organization or make_organization()
    return Service.create(organization, platform or make_platform(), **fields)


def make_domain(service: Service, name: str = "", *, pending: bool = False, target: str = "", **fields: Any) -> Domain:
    """Verified and authoritative, unless it is `pending` or has a `target`."""
    row, _ = Name.objects.get_or_create(name=name or f"domain{next(_numbers)}.example")
    ownership, _ = Ownership.objects.get_or_create(
        organization=service.organization, name=row, defaults={"token": f"token{next(_numbers)}"}
    )
    state = Domain.State.PENDING if pending else Domain.State.VERIFIED
    mode = Domain.Mode.NON_AUTHORITATIVE if target else Domain.Mode.AUTHORITATIVE
    invented = {
        "platform": service.platform,
        "ownership": ownership,
        "mode": mode,
        "target_host": target,
        "state": state,
        "verified_at": None if pending else timezone.now(),
        "proof": "" if pending else Domain.Proof.TOKEN,
    }
    return Domain.objects.create(service=service, name=row, **{**invented, **fields})


def make_slot(service: Service, **fields: Any) -> EmailAccount:
    account = EmailAccount.objects.create(service=service, **{"slot_token": f"slot-{next(_numbers)}", **fields})
    Tally.shift(service.pk, {(account.domain_id, account.state): 1})
    return account


def make_account(domain: Domain, local_part: str = "", **fields: Any) -> EmailAccount:
    """Configured and active. Its password hash fits no password."""
    address = Address.objects.create(name=domain.name, local_part=local_part or f"account{next(_numbers)}")
    invented = {
        "state": EmailAccount.State.ACTIVE,
        "address": address,
        "password_hash": "{ARGON2ID}!",
        "mailbox_id": uuid.uuid4(),
        "configured_at": timezone.now(),
    }
    return make_slot(domain.service, domain=domain, **{**invented, **fields})


def make_app_password(account: EmailAccount, name: str = "phone") -> AppPassword:
    return AppPassword.objects.get_or_create(account=account, name=name, defaults={"password_hash": "{ARGON2ID}x"})[0]


def make_alias(account: EmailAccount, local_part: str = "") -> Alias:
    assert account.domain is not None
    address = Address.objects.create(name=account.domain.name, local_part=local_part or f"alias{next(_numbers)}")
    return Alias.objects.create(address=address, account=account, domain=account.domain)


def make_group(domain: Domain, *accounts: EmailAccount, local_part: str = "", **fields: Any) -> MailGroup:
    address = Address.objects.create(name=domain.name, local_part=local_part or f"group{next(_numbers)}")
    group = MailGroup.objects.create(service=domain.service, domain=domain, address=address, **fields)
    GroupMember.objects.bulk_create(GroupMember(group=group, account=account) for account in accounts)
    return group


def make_inbox_rule(account: EmailAccount, **fields: Any) -> InboxRule:
    """Mail about invoices goes to a folder."""
    invented = {
        "position": InboxRule.objects.filter(account=account).count(),
        "conditions": [{"subject": "subject", "comparison": "contains", "value": "invoice", "header": ""}],
        "actions": [{"deed": "move", "value": "Invoices"}],
    }
    return InboxRule.objects.create(account=account, **{**invented, **fields})


def make_check(domain: Domain, kind: str = "MX", status: str = "missing", **fields: Any) -> Check:
    """Required, and judged a moment ago."""
    invented = {"level": "required", "reason": "mx-missing" if kind == "MX" and status == "missing" else ""}
    return Check.objects.update_or_create(domain=domain, kind=kind, defaults={"status": status, **invented, **fields})[
        0
    ]


def make_share(domain: Domain, **fields: Any) -> Share:
    """A link to the domain's instructions that works."""
    return Share.objects.create(domain=domain, **{"expires_at": Share.until(), **fields})


def make_run(service: Service, **fields: Any) -> BulkRun:
    """A bulk run without rows that waits to be applied."""
    invented = {"kind": BulkRun.Kind.CONFIGURE, "state": BulkRun.State.PREVIEW}
    return BulkRun.objects.create(service=service, **{**invented, **fields})


def make_order(service: Service, **fields: Any) -> Order:
    return Order.objects.create(service=service, **{"quantity": 5, **fields})


def make_retired_mailbox(service: Service) -> RetiredMailbox:
    return RetiredMailbox.objects.create(
        service=service, address="gone@old.example", mailbox_id=uuid.uuid4(), purge_at=timezone.now()
    )


def make_inbox_message(organization: Organization, **fields: Any) -> InboxMessage:
    invented = {
        "recipient": "abuse@old.example",
        "subject": "hello",
        "raw": b"Subject: hello\r\n\r\nhello\r\n",
        "size": 25,
    }
    return InboxMessage.objects.create(organization=organization, **{**invented, **fields})


def make_traced_message(organization: Organization | None, **fields: Any) -> TracedMessage:
    now = timezone.now()
    invented = {
        "key": uuid.uuid4(),
        "at": now,
        "changed_at": now,
        "side": "in",
        "state": "delivered",
        "sender": "ann@outside.example",
        "sender_domain": "outside.example",
        "recipient": "jan@old.example",
        "recipient_domain": "old.example",
        "message_id": "1@outside.example",
        "queue_id": "4cGqXy0Nkjz1Zp",
        "machine": "mx1.mail.example",
        "steps": [[now.isoformat(), "accepted", ""], [now.isoformat(), "delivered", "250 2.0.0 Saved"]],
    }
    return TracedMessage.objects.create(organization=organization, **{**invented, **fields})


def make_listed_sender(domain: Domain, sender: str = "", **fields: Any) -> ListedSender:
    """Blocked."""
    sender = sender or f"sender{next(_numbers)}.example"
    return ListedSender.objects.create(domain=domain, sender=sender, **{"kind": ListedSender.Kind.BLOCK, **fields})


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization with one of everything."""

    organization: Organization
    platform: Platform
    service: Service
    domain: Domain
    slot: EmailAccount
    account: EmailAccount
    owner: User
    technician: User
    viewer: User


def make_tenant(code: str = "") -> Tenant:
    organization = make_organization(code)
    platform = make_platform()
    service = make_service(organization, platform)
    domain = make_domain(service)
    return Tenant(
        organization=organization,
        platform=platform,
        service=service,
        domain=domain,
        slot=make_slot(service),
        account=make_account(domain),
        owner=make_member(organization, Role.OWNER),
        technician=make_member(organization, Role.TECHNICIAN),
        viewer=make_member(organization, Role.VIEWER),
    )
