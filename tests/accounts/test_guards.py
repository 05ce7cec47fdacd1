"""What other apps may not do while accounts are configured."""

from __future__ import annotations

import pytest

from accounts import verbs
from panel.actors import SYSTEM
from panel.errors import Refused
from tests.accounts.conftest import Clinic
from tests.accounts.test_list import fill
from tests.factories import make_platform


def test_a_service_with_configured_accounts_cannot_change_its_platform(clinic: Clinic) -> None:
    other = make_platform()
    fill(clinic, ("anna", "Anna B"))
    with pytest.raises(Refused) as refused:
        clinic.service.move_to(other, actor=SYSTEM)
    assert refused.value.code == "accounts-configured"


def test_a_domain_with_accounts_cannot_be_detached_and_without_them_it_can(clinic: Clinic) -> None:
    (account,) = fill(clinic, ("anna", "Anna B"))
    with pytest.raises(Refused) as refused:
        clinic.domain.detach(SYSTEM)
    assert refused.value.code == "accounts-use-domain"
    verbs.reset(account, by=SYSTEM)
    clinic.domain.detach(SYSTEM)
    assert not clinic.service.domains.exists()
