"""What a use-case lets through depends on who has it done: customers and their tokens, or the operator's own."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from api import jobs
from api.models import Job
from api.wanted import Wanted
from domains.models import Domain
from panel.actors import COMMAND_LINE, SYSTEM, Actor, ActorKind, Program, kept, recalled, speaks_for_operator
from panel.as_member import Acting
from panel.errors import Refused
from panel.models import Activity, Invitation, Role
from tests.factories import Tenant, make_domain, make_user

from .conftest import Api, make_token

pytestmark = pytest.mark.django_db

CUSTOMERS = ("member", "staff as a member", "token")
OPERATORS = ("staff", "staff-token", "shell", "panel")


def actor_of(name: str, tenant: Tenant) -> Actor:
    match name:
        case "member":
            return tenant.owner
        case "staff as a member":
            person = make_user(staff=True)
            person.is_staff = False  # as the middleware has it
            person.acting = Acting(
                membership_id=tenant.owner.memberships.get().pk,
                organization_id=tenant.organization.pk,
                organization=tenant.organization.name,
                email=tenant.owner.email,
                role=Role.OWNER,
                why="asked to help",
            )
            return person
        case "token":
            return make_token(tenant.organization)[0]
        case "staff":
            return make_user(staff=True)
        case "staff-token":
            return make_token()[0]
        case "shell":
            return COMMAND_LINE
    return SYSTEM


@pytest.mark.parametrize("name", CUSTOMERS)
def test_a_name_that_strangers_get_names_below_is_attached_by_no_customer(name: str, tenant: Tenant) -> None:
    actor = actor_of(name, tenant)
    assert not speaks_for_operator(actor)
    with pytest.raises(Refused) as refused:
        Domain.attach(tenant.service, "github.io", mode="authoritative", actor=actor)
    assert refused.value.code == "shared-name"
    assert not Domain.objects.filter(name__name="github.io").exists()
    assert Domain.attach(tenant.service, "aurora.github.io", mode="authoritative", actor=actor).pk


@pytest.mark.parametrize("name", OPERATORS)
def test_a_name_that_strangers_get_names_below_is_attached_on_the_operators_word(name: str, tenant: Tenant) -> None:
    actor = actor_of(name, tenant)
    assert speaks_for_operator(actor)
    assert Domain.attach(tenant.service, "github.io", mode="authoritative", actor=actor).pk


@pytest.mark.parametrize("name", CUSTOMERS)
def test_only_the_operators_word_stands_in_place_of_a_proof(name: str, tenant: Tenant) -> None:
    with pytest.raises(Refused) as refused:
        Domain.attach(tenant.service, "aurora.pl", mode="authoritative", actor=actor_of(name, tenant), verified=True)
    assert refused.value.code == "staff-only"


@pytest.mark.parametrize("name", CUSTOMERS)
def test_the_limit_of_pending_domains_holds_for_customers_and_their_tokens(name: str, tenant: Tenant, settings) -> None:
    settings.PENDING_DOMAINS = 1
    make_domain(tenant.service, pending=True)
    with pytest.raises(Refused) as refused:
        Domain.attach(tenant.service, "one.example", mode="authoritative", actor=actor_of(name, tenant))
    assert refused.value.code == "too-many-pending"


@pytest.mark.parametrize("name", OPERATORS)
def test_the_limit_of_pending_domains_does_not_hold_for_the_operator(name: str, tenant: Tenant, settings) -> None:
    """Whoever moves thousands of domains here has looked whose they are; their owners verify them in their time."""
    settings.PENDING_DOMAINS = 1
    make_domain(tenant.service, pending=True)
    assert Domain.attach(tenant.service, "one.example", mode="authoritative", actor=actor_of(name, tenant)).pk


def test_a_customers_token_attaches_no_shared_name_through_the_api(api: Api, staff: Api, tenant: Tenant) -> None:
    path = f"services/{tenant.service.name}/domains"
    wish = {"name": "github.io", "mode": "authoritative"}
    for answer in (api.post(path, wish), api("PUT", f"{path}/github.io", {"mode": "authoritative"})):
        assert (answer.status_code, answer.data["code"]) == (409, "shared-name"), answer.data
    assert staff.post(path, wish).status_code == 201


def test_a_job_of_a_customers_token_is_that_customers(tenant: Tenant) -> None:
    """Where something has to be asked first, a worker attaches the domain."""
    wanted = Wanted("authoritative", must_be_new=True)
    for token, state, code in (
        (make_token(tenant.organization)[0], Job.State.REFUSED, "shared-name"),
        (make_token()[0], Job.State.DONE, ""),
    ):
        job = jobs.request_job(Job.Kind.ATTACH, token, tenant.service, "github.io", wanted, dry_run=False)
        jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.state, job.code) == (state, code)


def test_the_operators_shell_attaches_a_shared_name(tenant: Tenant) -> None:
    call_command("attach_domain", tenant.service.name, "github.io")
    assert Activity.objects.get(verb="domain.attached").actor_label == "command line"


def test_a_customers_token_invites_no_more_people_than_its_customer(api: Api, tenant: Tenant, monkeypatch) -> None:
    monkeypatch.setattr("panel.models.members.INVITATIONS_AN_HOUR", 2)
    token = make_token(tenant.organization)[0]
    for number in range(2):
        Invitation.issue(tenant.organization, f"colleague{number}@people.example", "viewer", token)
    with pytest.raises(Refused) as refused:
        Invitation.issue(tenant.organization, "colleague3@people.example", "viewer", token)
    assert refused.value.code == "too-many-invitations"
    Invitation.issue(tenant.organization, "colleague3@people.example", "viewer", make_token()[0])


@pytest.mark.parametrize("name", [*CUSTOMERS, *OPERATORS])
def test_whoever_had_a_job_done_is_known_when_it_is_done(name: str, tenant: Tenant) -> None:
    actor = actor_of(name, tenant)
    again = recalled(actor.actor_person, kept(actor))
    assert (again.actor_kind, again.actor_label) == (actor.actor_kind, actor.actor_label)


def test_jobs_from_before_actors_had_kinds_are_finished_under_their_names() -> None:
    assert recalled(None, "command line") == COMMAND_LINE
    assert recalled(None, "token shop (cfm_abcdef…)") == Program(ActorKind.TOKEN, "token shop (cfm_abcdef…)")
    assert recalled(None, None) == SYSTEM
