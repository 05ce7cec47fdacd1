"""Attaching, verifying, changing the mode and detaching: who may use a name."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from domains.models import Dispute, DkimKey, Domain, Ownership
from domains.signals import ATTACHED, DETACHED, MODE, RELEASED, VERIFIED, domain_changed
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Service
from tests.factories import (
    make_account,
    make_domain,
    make_member,
    make_organization,
    make_platform,
    make_service,
    make_user,
)
from tests.letters import delivered

pytestmark = pytest.mark.django_db


@pytest.fixture
def service() -> Service:
    return make_service()


def attach(service: Service, name: str = "example.com", mode: str = "authoritative", **more: Any) -> Domain:
    return Domain.attach(service, name, mode=mode, actor=SYSTEM, **more)


def refusal(call: Any, *arguments: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments, **more)
    return caught.value


def test_an_attached_domain_is_pending_and_has_a_token_and_a_key(service: Service) -> None:
    domain = attach(service, "Example.COM.")
    assert (domain.name.name, domain.state, domain.platform) == ("example.com", "pending", service.platform)
    key = domain.ownership.dkim_keys.get()
    assert key.private_key.startswith("-----BEGIN PRIVATE KEY-----")
    assert len(key.public_key) > 380
    assert domain.ownership.token.endswith("-check")
    entry = Activity.objects.get(verb="domain.attached")
    assert (entry.target, entry.after["mode"]) == ("example.com", "authoritative")


def test_an_internationalized_name_is_stored_as_a_labels_and_shown_as_typed(service: Service) -> None:
    domain = attach(service, "ŻÓŁW.example")
    assert domain.name.name == "xn--w-uga1v8h.example"
    assert domain.name.unicode == "żółw.example"


@pytest.mark.parametrize(
    "name", ["", "com", "a..example", "http://example.com/", "me@example.com", "192.0.2.1", "-a.pl"]
)
def test_what_is_no_domain_name_is_refused_with_the_reason(service: Service, name: str) -> None:
    refused = refusal(attach, service, name)
    assert refused.code.startswith("name-")
    assert refused.field == "name"
    assert "%(" not in str(refused)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("", "target-required"),
        ("mx1.other.example:0", "target-port"),
        ("mx1.other.example:", "target-port"),
        ("mx1 other", "target-name"),
        ("127.0.0.1", "target-private"),
        ("10.1.2.3:2525", "target-private"),
        ("[::1]:25", "target-private"),
        ("[::ffff:10.0.0.1]", "target-private"),
        ("localhost", "target-name"),
    ],
)
def test_a_target_server_that_cannot_be_is_refused(service: Service, target: str, code: str, settings: Any) -> None:
    settings.ALLOWED_NETWORKS = []
    assert refusal(attach, service, mode="non_authoritative", target=target).code == code


def test_a_target_on_the_platform_itself_would_be_a_loop(service: Service) -> None:
    for host in (service.platform.mx_hosts[1].upper() + ".", f"{service.platform.imap_host}:2525"):
        assert refusal(attach, service, mode="non_authoritative", target=host).code == "target-loop"


def test_the_operator_can_allow_a_private_network(service: Service, settings: Any) -> None:
    import ipaddress

    settings.ALLOWED_NETWORKS = [ipaddress.ip_network("10.0.0.0/8")]
    domain = attach(service, mode="non_authoritative", target="10.1.2.3:2525")
    assert (domain.target, domain.target_host, domain.target_port) == ("10.1.2.3:2525", "10.1.2.3", 2525)


def test_a_domain_is_attached_to_a_service_once(service: Service) -> None:
    attach(service)
    assert refusal(attach, service, "EXAMPLE.com").code == "already-attached"


def test_a_verified_authoritative_domain_excludes_every_other_attachment(service: Service) -> None:
    attach(service, verified=True)
    other = make_service()
    for mode, target in (("authoritative", ""), ("non_authoritative", "mx1.other.example")):
        for verified in (False, True):
            refused = refusal(attach, other, mode=mode, target=target, verified=verified)
            assert refused.code == "authoritative-domain-detected"
            assert service.name not in str(refused)
            assert service.organization.name not in str(refused)


def test_ones_own_authoritative_domain_is_named(service: Service) -> None:
    domain = attach(service, verified=True)
    second = make_service(service.organization)
    refused = refusal(attach, second)
    assert service.name in str(refused)
    assert refused.other == domain  # type: ignore[attr-defined]


def test_a_pending_domain_claims_nothing(service: Service) -> None:
    attach(service)
    other = attach(make_service(), verified=True)
    assert other.state == "verified"
    pending = Domain.objects.get(service=service)
    assert refusal(pending.verify, "token", SYSTEM).code == "authoritative-domain-detected"


def test_two_non_authoritative_attachments_live_side_by_side_on_two_platforms(service: Service) -> None:
    attach(service, mode="non_authoritative", target="mx1.other.example", verified=True)
    second = attach(make_service(), mode="non_authoritative", target="mx1.other.example", verified=True)
    assert second.state == "verified"
    assert refusal(second.change_mode, "authoritative", "", None).code == "authoritative-domain-detected"
    assert refusal(attach, make_service()).code == "authoritative-domain-detected"


def test_two_verified_attachments_on_one_platform_are_refused(service: Service) -> None:
    attach(service, mode="non_authoritative", target="mx1.other.example", verified=True)
    other = make_service(platform=service.platform)
    refused = refusal(attach, other, mode="non_authoritative", target="mx1.other.example", verified=True)
    assert refused.code == "attached-on-platform"
    pending = attach(other, mode="non_authoritative", target="mx1.other.example")
    assert refusal(pending.verify, "token", SYSTEM).code == "attached-on-platform"


def test_verifying_twice_changes_nothing(service: Service) -> None:
    domain = attach(service)
    domain.verify("token", SYSTEM)
    at = domain.verified_at
    domain.verify("operator", SYSTEM)
    domain.refresh_from_db()
    assert (domain.verified_at, domain.proof) == (at, "token")
    assert Activity.objects.filter(verb="domain.verified").count() == 1


def test_the_mode_and_the_target_can_be_changed_later(service: Service) -> None:
    domain = attach(service, verified=True)
    domain.change_mode("non-authoritative", "MX1.other.example:2525", SYSTEM)
    domain.refresh_from_db()
    assert (domain.mode, domain.target) == ("non_authoritative", "mx1.other.example:2525")
    entry = Activity.objects.get(verb="domain.mode_changed")
    assert entry.before["mode"] == "authoritative"
    assert entry.after["target"] == "mx1.other.example:2525"
    assert refusal(domain.change_mode, "authoritative", "mx1.other.example", None).code == "target-not-used"
    domain.change_mode("authoritative", "", SYSTEM)
    domain.change_mode("authoritative", "", SYSTEM)
    assert Activity.objects.filter(verb="domain.mode_changed").count() == 2


def test_a_domain_attached_again_keeps_its_token_and_its_key(service: Service) -> None:
    first = attach(service)
    token, selector = first.ownership.token, first.ownership.dkim_keys.get().selector
    first.detach(SYSTEM)
    assert not Domain.objects.exists()
    second = attach(service)
    assert (second.ownership.token, second.ownership.dkim_keys.get().selector) == (token, selector)
    third = attach(make_service())
    assert third.ownership.token != token
    assert DkimKey.objects.count() == 2
    assert Ownership.objects.count() == 2


def test_a_domain_is_not_detached_while_accounts_use_it(service: Service) -> None:
    domain = make_domain(service)
    make_account(domain)
    assert refusal(domain.detach, None).code == "accounts-use-domain"
    assert Domain.objects.filter(pk=domain.pk).exists()


def test_nothing_can_be_done_on_a_suspended_service(service: Service) -> None:
    domain = attach(service)
    service.suspend(actor=SYSTEM)
    for call, arguments in (
        (attach, (service, "other.example")),
        (domain.detach, (SYSTEM,)),
        (domain.change_mode, ("non_authoritative", "mx1.other.example", SYSTEM)),
    ):
        domain.service.refresh_from_db()
        assert refusal(call, *arguments).code == "service-not-active"


def test_whoever_listens_hears_of_each_change_once_it_is_committed(
    service: Service, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[tuple[int, str]] = []

    def listen(*, domain: Domain, what: str, **kwargs: Any) -> None:
        heard.append((domain.pk, what))

    domain_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            domain = attach(service)
            pk = domain.pk
            assert heard == []
        for verb, arguments in (
            (domain.verify, ("token", SYSTEM)),
            (domain.change_mode, ("non_authoritative", "mx1.other.example", SYSTEM)),
            (domain.release, (SYSTEM,)),
            (domain.detach, (SYSTEM,)),
        ):
            with django_capture_on_commit_callbacks(execute=True):
                verb(*arguments)
    finally:
        domain_changed.disconnect(listen)
    assert heard == [(pk, what) for what in (ATTACHED, VERIFIED, MODE, RELEASED, DETACHED)]


def lost(service: Service) -> Domain:
    domain = attach(service)
    domain.verify("token", SYSTEM)
    domain.note_proof(seen=False, at=timezone.now())
    return domain


def test_a_lost_proof_takes_nothing_away(service: Service) -> None:
    domain = lost(service)
    domain.refresh_from_db()
    assert domain.is_verified
    assert domain.proof_lost_at is not None
    domain.note_proof(seen=True, at=timezone.now())
    domain.refresh_from_db()
    assert domain.proof_lost_at is None


def test_the_operators_word_is_not_lost_with_a_record(service: Service) -> None:
    domain = attach(service, verified=True)
    domain.note_proof(seen=False, at=timezone.now())
    domain.refresh_from_db()
    assert domain.proof_lost_at is None
    assert refusal(attach, make_service()).code == "authoritative-domain-detected"


def test_a_fresh_proof_against_a_lost_one_is_a_dispute_that_staff_can_release(
    service: Service, django_capture_on_commit_callbacks: Any
) -> None:
    holder, other, staff = lost(service), make_service(), make_user(staff=True)
    owners = [make_member(service.organization), make_member(other.organization)]
    claimant = attach(other)
    assert refusal(claimant.verify, "token", SYSTEM).code == "disputed"
    assert refusal(claimant.verify, "token", SYSTEM).code == "disputed"
    dispute = Dispute.objects.get()
    assert (dispute.holder, dispute.claimant, dispute.state) == (holder, claimant, "open")
    with django_capture_on_commit_callbacks(execute=True):
        dispute.release(staff)
    holder.refresh_from_db()
    claimant.refresh_from_db()
    assert (holder.state, claimant.state, dispute.state) == ("pending", "verified", "released")
    assert {letter.to[0] for letter in delivered()} - {staff.email} == {owner.email for owner in owners}
    assert all(service.organization.name not in letter.body for letter in delivered())
    assert refusal(dispute.keep, staff).code == "dispute-closed"


def test_staff_are_told_of_a_dispute_once(service: Service, django_capture_on_commit_callbacks: Any) -> None:
    holder, staff = lost(service), make_user(staff=True, language="pl")
    make_user(staff=True, is_active=False)
    make_member(service.organization)
    claimant = attach(make_service())
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            refusal(claimant.verify, "token", SYSTEM)
    (letter,) = delivered()
    assert letter.to == [staff.email]
    assert holder.name.name in letter.subject
    assert "Dwie organizacje" in letter.subject
    assert holder.service.name in letter.body
    assert claimant.service.name in letter.body
    assert "http://localhost:8000/operator/disputes/" in letter.body


def test_a_dispute_that_staff_decide_for_the_holder_is_not_opened_again(service: Service) -> None:
    holder = lost(service)
    claimant = attach(make_service())
    refusal(claimant.verify, "token", SYSTEM)
    Dispute.objects.get().keep(make_user(staff=True))
    refusal(claimant.verify, "token", SYSTEM)
    assert Dispute.objects.get().state == "kept"
    holder.refresh_from_db()
    assert holder.is_verified


def test_a_dispute_lapses_when_the_holders_proof_is_back(service: Service) -> None:
    holder = lost(service)
    refusal(attach(make_service()).verify, "token", SYSTEM)
    holder.note_proof(seen=True, at=timezone.now())
    assert Dispute.objects.get().state == "lapsed"


def test_domains_follow_their_service_to_another_platform_unless_the_name_is_there(service: Service) -> None:
    domain = attach(service, mode="non_authoritative", target="mx1.other.example", verified=True)
    free, taken = make_platform(), make_platform()
    attach(
        make_service(make_organization(), taken), mode="non_authoritative", target="mx1.other.example", verified=True
    )
    assert refusal(service.move_to, taken, actor=SYSTEM).code == "attached-on-platform"
    service.refresh_from_db()
    service.move_to(free, actor=SYSTEM)
    domain.refresh_from_db()
    assert domain.platform == free
