"""Names, addresses and passwords of one account, held against the same rules as on the pages."""

from collections.abc import Iterable

from accounts import choosing, passwords, preview
from accounts.batch import Placement
from accounts.columns import Field
from accounts.models import EmailAccount, PasswordPolicy
from accounts.preview import Fault, Judge, Row, RowOutcome, RowProblem
from accounts.runs.checking import existing_of
from accounts.words import fault_words
from domains.models import Domain

from .problems import Problem
from .schemas.accounts import Names


def row_of(account: EmailAccount, names: Names) -> Row:
    """What is asked for, normalised. Raises Problem with every rule that it breaks."""
    service_id = account.service_id
    attached = choosing.named(service_id, names.domain)
    domains = {attached.name.name: attached.state == Domain.State.VERIFIED} if attached else {}
    values = {
        Field.NAME: names.name,
        Field.DOMAIN: attached.name.name if attached else names.domain,
        Field.FIRST_NAME: names.first_name,
        Field.LAST_NAME: names.last_name,
        Field.DISPLAY_NAME: names.display_name,
    }
    row = preview.parse(0, values)
    # Whoever holds a token that writes may configure reserved names: only owners make such tokens.
    judge = Judge(domains=domains, policy=PasswordPolicy.of(service_id), free_slots=1, owner=True)
    existing = existing_of(service_id, [row], domains).get(row.address)
    if row.address == account.address_key:
        existing = None
    verdict = judge.judge(row, existing)
    faults = list(verdict.faults)
    if verdict.outcome is RowOutcome.ALREADY:
        faults.append(Fault(RowProblem.ADDRESS_TAKEN, Field.NAME))
    _refuse(faults)
    return row


def placement_of(row: Row, password_hash: str = "") -> Placement:
    return Placement(row.name, row.domain, row.first_name, row.last_name, row.display_name, password_hash)


def password_for(service_id: int, typed: str, names: tuple[str, str]) -> tuple[str, str]:
    """The password, and what to tell of it: itself where it was generated. `names`: the account's and the display
    name. Raises Problem."""
    policy = PasswordPolicy.of(service_id)
    if not typed:
        generated = passwords.generate(names, policy)
        return generated, generated
    facts = {"minimum": policy.min_length}
    _refuse([Fault(rule, Field.PASSWORD, facts) for rule in passwords.broken(typed, names, policy)])
    return typed, ""


def _refuse(faults: Iterable[Fault]) -> None:
    errors = [
        {
            "field": "name" if fault.field is Field.ADDRESS else fault.field.value,
            "code": str(fault.code),
            "detail": fault_words(fault.code, fault.facts),
        }
        for fault in faults
    ]
    if errors:
        raise Problem(422, "invalid", errors=errors)
