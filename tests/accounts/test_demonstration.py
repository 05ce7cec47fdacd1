"""The demonstration's tenant is complete, and made once."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import EmailAccount
from domains.demo_dns import Store
from domains.models import Domain, Zone
from panel.environment import DEMO_ZONES
from panel.models import Activity, Organization, Service, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def demonstration(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.DNS_STUB_ZONES = dict.fromkeys(DEMO_ZONES, ("127.0.0.1", 5300))

    def make():
        call_command("demonstration", verbosity=0)
        return Store(tmp_path / "demo-dns")

    return make


def test_it_makes_a_tenant_with_domains_slots_and_accounts(demonstration):
    store = demonstration()
    service = Service.objects.get(name="emailpro-ab12345-1")
    assert service.platform.is_default
    assert service.organization.code == "ab12345"
    assert Domain.objects.filter(service=service, state="verified").count() == 3
    assert Domain.objects.filter(service=service, mode="non_authoritative").count() == 1
    assert EmailAccount.objects.filter(service=service, state="slot").count() == 12
    assert EmailAccount.objects.filter(service=service, state="active").count() == 3
    assert {zone.origin.to_text(omit_final_dot=True) for zone in store.zones().values()} == set(DEMO_ZONES)
    assert Activity.objects.filter(service=service).exists()


def test_a_second_run_changes_nothing(demonstration):
    store = demonstration()
    before = [model.objects.count() for model in (Organization, Domain, EmailAccount, Zone, User, Activity)]
    store.write("aurora-lab.example", "@ MX 10 mended.example.\n")
    demonstration()
    assert [model.objects.count() for model in (Organization, Domain, EmailAccount, Zone, User, Activity)] == before
    assert "mended" in (store.folder / "aurora-lab.example.zone").read_text()


def test_nobody_can_sign_in_as_its_members(demonstration):
    demonstration()
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_zones_that_are_gone_come_back(demonstration):
    store = demonstration()
    path = store.folder / "aurora-clinic.example.zone"
    text = path.read_text()
    path.unlink()
    demonstration()
    assert path.read_text() == text


def test_it_says_what_it_lacks(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with pytest.raises(CommandError, match="DNS_STUB_ZONES"):
        call_command("demonstration")
