"""Everything that belongs to one organization: found along the foreign keys, so that no table is forgotten.

Two uses: a copy for the organization (GDPR, articles 15 and 20) and its deletion (article 17).
"""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import ProtectedError, Q, QuerySet
from django.utils import timezone

from .activity import record
from .actors import SYSTEM
from .models import Letter, Membership, Organization, User
from .secrets import EncryptedTextField

BATCH = 500
SLICE = 60.0  # seconds
# Names of columns that hold what lets somebody in, or a form of it.
SECRET = re.compile(r"password|hash|secret|token|digest|key$|fingerprint|lease|code$|credentials")
# Rows that nobody owns but whom nobody else's rows use: of accounts, their addresses; of domains, their names.
PARENTS = {
    "accounts.EmailAccount": ("address",),
    "accounts.Alias": ("address",),
    "accounts.MailGroup": ("address",),
    "domains.Domain": ("name",),
    "domains.Ownership": ("name",),
}
# Rows without a foreign key, which the mail servers write: of which column's values they are, and their own column.
OF_MAILBOX = {"mailflow.Use": "mailbox", "mailflow.Failure": "mailbox", "mailflow.Block": "mailbox"}
KEYED = {
    "accounts.EmailAccount": ("mailbox_id", OF_MAILBOX),
    "accounts.RetiredMailbox": ("mailbox_id", OF_MAILBOX),
    "accounts.AppPassword": ("pk", {"mailflow.DeviceUse": "number"}),
}


def owned() -> dict[type[models.Model], str]:
    """Every model whose rows belong to an organization, with the shortest look-up that leads to it. Parents first."""
    found: dict[type[models.Model], str] = {Organization: ""}
    wave: list[type[models.Model]] = [Organization]
    while wave:
        children = []
        for model in apps.get_models(include_auto_created=True):
            for parent, name in _parents(model):
                if parent in wave and model not in found:
                    found[model] = f"{name}__{found[parent]}".removesuffix("__")
                    children.append(model)
        wave = children
    return found


def _parents(model: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    """Models without whose row a row of this one cannot be."""
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete in (models.CASCADE, models.PROTECT):
            yield field.related_model, field.name


def _rows(model: type[models.Model], path: str, organization: Organization) -> QuerySet[Any]:
    return model._base_manager.filter(**{path: organization} if path else {"pk": organization.pk})


# A copy


def export(organization: Organization, folder: Path) -> dict[str, int]:
    """Write a JSON and a CSV file for each kind of thing, and one for the people. Returns how many rows of each."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = {}
    for model, path in owned().items():
        fields = [field for field in model._meta.local_concrete_fields if not is_secret(field)]
        rows = _rows(model, path, organization).order_by("pk").values_list(*(field.attname for field in fields))
        name = model._meta.label_lower.replace(".", "-")
        written[model._meta.label] = _write(folder, name, [field.name for field in fields], rows)
    for keyed, rows in _keyed(organization).items():
        fields = keyed._meta.local_concrete_fields
        name = keyed._meta.label_lower.replace(".", "-")
        values = rows.order_by("pk").values_list(*(field.attname for field in fields))
        written[keyed._meta.label] = _write(folder, name, [field.name for field in fields], values)
    people = User.objects.filter(memberships__organization=organization).order_by("pk")
    columns = ["email", "name", "language", "is_active", "date_joined", "last_login"]
    written["panel.User"] = _write(folder, "panel-user", columns, people.values_list(*columns))
    return written


def _keyed(organization: Organization) -> dict[type[models.Model], QuerySet[Any]]:
    """Rows that belong to it without a foreign key."""
    found: dict[type[models.Model], Q] = {}
    paths = {model._meta.label: (model, path) for model, path in owned().items()}
    for label, (key, children) in KEYED.items():
        keys = _rows(*paths[label], organization).exclude(**{key: None}).values(key)
        for child, column in children.items():
            model = apps.get_model(child)
            found[model] = found.get(model, Q()) | Q(**{f"{column}__in": keys})
    return {model: model._base_manager.filter(these) for model, these in found.items()}


def is_secret(field: models.Field[Any, Any]) -> bool:
    """Whether an export leaves it out."""
    if isinstance(field, EncryptedTextField | models.BinaryField):
        return True
    return (field.name != "code" and not field.primary_key and bool(SECRET.search(field.name))) or (
        field.name == "code" and field.model is not Organization
    )


def _write(folder: Path, name: str, columns: list[str], rows: QuerySet[Any, Any]) -> int:
    number = 0
    with (
        _private(folder / f"{name}.json") as as_json,
        _private(folder / f"{name}.csv") as as_csv,
    ):
        table = csv.writer(as_csv)
        table.writerow(columns)
        as_json.write("[")
        for row in rows.iterator(chunk_size=BATCH):
            said = dict(zip(columns, row, strict=True))
            as_json.write(",\n" if number else "\n")
            as_json.write(json.dumps(said, cls=DjangoJSONEncoder, ensure_ascii=False))
            table.writerow([_cell(value) for value in row])
            number += 1
        as_json.write("\n]\n")
    return number


def _private(path: Path) -> IO[str]:
    file = path.open("w", encoding="utf-8", newline="")
    path.chmod(0o600)
    return file


def _cell(value: object) -> str:
    """A spreadsheet takes what begins so for a formula."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        value = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


# Deletion


def delete_due(seconds: float = SLICE) -> int:
    """Delete organizations whose day has come, in batches, for a bounded time; the rest the next time. Safe to run
    twice. Returns how many are gone."""
    until, gone = time.monotonic() + seconds, 0
    for organization in Organization.objects.filter(deletes_at__lte=timezone.now()).order_by("deletes_at"):
        gone += _delete(organization, until)
        if time.monotonic() >= until:
            break
    return gone


def _delete(organization: Organization, until: float) -> bool:
    """Children before parents, a batch at a time. False where the time did not suffice."""
    Organization.objects.filter(pk=organization.pk).update(state=Organization.State.ENDED)
    people = Membership.objects.filter(organization=organization).values_list("user", flat=True)
    _forget_people(organization, list(people))
    for model, path in _children_first(owned()):
        if model is Organization:
            continue
        rows = _rows(model, path, organization)
        while batch := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
            _delete_batch(model, batch)
            if time.monotonic() >= until:
                return False
    record("organization.deleted", actor=SYSTEM, target=organization.code)
    organization.delete()
    return True


def _children_first(found: dict[type[models.Model], str]) -> list[tuple[type[models.Model], str]]:
    ordered: list[type[models.Model]] = []
    left = list(found)
    while left:
        parents = {parent for model in left for parent, _name in _parents(model) if parent is not model}
        ready = [model for model in left if model not in parents]
        ordered += ready
        left = [model for model in left if model in parents]
    return [(model, found[model]) for model in ordered]


def _delete_batch(model: type[models.Model], keys: list[Any]) -> None:
    rows = model._base_manager.filter(pk__in=keys)
    key, children = KEYED.get(model._meta.label, ("pk", {}))
    values = list(rows.values_list(key, flat=True)) if children else []
    for child, column in children.items():
        apps.get_model(child)._base_manager.filter(**{f"{column}__in": values}).delete()
    names = PARENTS.get(model._meta.label, ())
    parents = {name: set(rows.exclude(**{name: None}).values_list(name, flat=True)) for name in names}
    rows.delete()
    for name, pks in parents.items():
        parent = model._meta.get_field(name).related_model
        for item in parent._base_manager.filter(pk__in=pks):  # type: ignore[union-attr]
            try:
                item.delete()
            except ProtectedError:  # somebody else's rows use it
                continue


def _forget_people(organization: Organization, keys: list[int]) -> None:
    """People who are nowhere else a member, and what was written to them."""
    elsewhere = Membership.objects.exclude(organization=organization).values("user")
    alone = User.objects.filter(pk__in=keys, is_staff=False).exclude(pk__in=elsewhere)
    Letter.objects.filter(Q(organization=None), recipient__in=alone.values("email")).delete()
    alone.delete()
