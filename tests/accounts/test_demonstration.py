"""The demonstration's tenant is complete, and made once."""

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts import large
from accounts.models import EmailAccount, Tally
from diagnostics.models import Check, CheckChange, CheckRun
from domains.demo_dns import Store
from domains.models import Domain, Zone
from panel.activity import VERBS
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


@pytest.fixture
def tiny(monkeypatch):
    """A size that takes no time."""
    monkeypatch.setitem(large.SIZES, "small", large.Size(3, 48, 400, 60, 90))


def test_another_size_has_what_it_says_in_the_shape_that_it_says(tiny):
    call_command("demonstration", size="small", verbosity=0)
    counts = [model.objects.count() for model in (Organization, Domain, EmailAccount, CheckChange)]
    assert counts == [3, 48, 400, 60]
    assert Activity.objects.exclude(organization=None).count() == 90
    big = Service.objects.get(organization__code=large.CODE)
    assert (big.domains.count(), big.accounts.count(), big.activities.count()) == (12, 100, 22)


def test_its_tallies_and_keys_are_those_of_its_accounts(tiny):
    call_command("demonstration", size="small", verbosity=0)
    for service in Service.objects.all():
        accounts = EmailAccount.objects.filter(service=service)
        for state, count in Tally.of(service.pk).items():
            assert count == accounts.filter(state=state).count()
        for tally in service.tallies.exclude(domain=None):
            assert tally.count == accounts.filter(domain=tally.domain, state=tally.state).count()
    for account in EmailAccount.objects.select_related("address__name"):
        keys = (account.address_key, account.search_key, account.configured_key)
        account.set_keys(str(account.address) if account.address else "")
        assert keys == (account.address_key, account.search_key, account.configured_key)


def test_its_domains_count_what_is_red_and_its_log_has_known_words_only(tiny):
    call_command("demonstration", size="small", verbosity=0)
    for check_run in CheckRun.objects.all():
        red = Check.objects.filter(domain=check_run.pk, level="required", status__in=["wrong", "missing"])
        assert check_run.red == red.count()
    assert set(Activity.objects.values_list("verb", flat=True)) <= set(VERBS)


def test_another_size_says_how_far_it_is_and_is_refused_beside_customers(tiny, capsys):
    call_command("demonstration", size="small")
    assert "accounts: 400" in capsys.readouterr().out
    with pytest.raises(CommandError, match="organizations already"):
        call_command("demonstration", size="small")
    assert EmailAccount.objects.count() == 400


def test_another_size_is_all_there_or_nothing_of_it(tiny, monkeypatch):
    def fails(*args):
        raise RuntimeError

    monkeypatch.setattr("accounts.large._local_part", fails)
    with pytest.raises(RuntimeError), transaction.atomic():
        call_command("demonstration", size="small", verbosity=0)
    assert not Organization.objects.exists()


def test_nobody_can_sign_in_to_another_size(tiny):
    call_command("demonstration", size="small", verbosity=0)
    assert User.objects.exists()
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_another_size_is_not_for_the_public(tiny, settings):
    settings.PUBLIC_URL = "https://panel.example"
    with pytest.raises(CommandError, match="not for the public"):
        call_command("demonstration", size="small")
