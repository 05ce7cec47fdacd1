"""Migrations lock no large table for long, and the version before goes on working while and after they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.models.fields import NOT_PROVIDED

from panel.concurrently import AddIndex

OURS = ("panel", "domains", "identities", "diagnostics", "accounts", "mailflow", "api")
LARGE = {
    "accounts.address",
    "accounts.bulkrow",
    "accounts.emailaccount",
    "diagnostics.check",
    "diagnostics.checkchange",
    "diagnostics.checkrun",
    "domains.domain",
    "domains.name",
    "domains.ownership",
    "panel.activity",
    "panel.letter",
}
# Older than the rules.
BEFORE = {
    "accounts.0004_orders_in_chunks",
    "accounts.0006_entry_of_a_run",
    "accounts.0008_search_keys",
    "accounts.0010_bulk_updates",
    "diagnostics.0002_engine_reports",
    "diagnostics.0003_red_domains",
    "diagnostics.0005_words",
}
# What left the code in an earlier release, with the migration that takes it out of the database.
CONTRACTED: set[str] = set()
ADDS_INDEX = (migrations.AddIndex,)
TAKES_AWAY = (migrations.RemoveField, migrations.DeleteModel, migrations.RenameField, migrations.RenameModel)
# Of these a database knows nothing.
WORDS = {
    "choices",
    "help_text",
    "verbose_name",
    "validators",
    "blank",
    "editable",
    "default",
    "related_name",
    "limit_choices_to",
}


def ours() -> Iterator[tuple[str, Migration]]:
    loader = MigrationLoader(None)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app in OURS and not name.startswith("0001_") and f"{app}.{name}" not in BEFORE:
            yield f"{app}.{name}", migration


def faults(label: str, migration: Migration, before: Any) -> Iterator[str]:
    """What the migration does to a database that it may not do. `before`: the state in which it begins."""
    app = migration.app_label
    made = {op.name_lower for op in migration.operations if isinstance(op, migrations.CreateModel)}
    has_data_step = False
    for op in migration.operations:
        name = type(op).__name__
        model = f"{app}.{getattr(op, 'model_name', getattr(op, 'name', ''))}".lower()
        large = model in LARGE and model.split(".")[1] not in made
        if isinstance(op, migrations.RunPython | migrations.RunSQL):
            has_data_step = True
            if not op.reversible:
                yield f"{label}: {name} cannot be taken back"
        elif isinstance(op, TAKES_AWAY) and label not in CONTRACTED:
            yield f"{label}: {name} of {model} takes from the version before what it still reads"
        elif isinstance(op, ADDS_INDEX) and large and not isinstance(op, AddIndexConcurrently):
            yield f"{label}: {name} locks {model} until it is done; panel.concurrently.AddIndex does not"
        elif isinstance(op, migrations.AddConstraint) and large:
            yield f"{label}: {name} reads the whole of {model} under a lock; AddConstraintNotValid does not"
        elif isinstance(op, migrations.AddField) and model.split(".")[1] not in made:
            if not op.field.null and not op.field.many_to_many and op.field.db_default is NOT_PROVIDED:
                yield f"{label}: {model}.{op.name} has no db_default: the version before cannot write rows"
            if large and (op.field.unique or getattr(op.field, "db_index", False)):
                yield f"{label}: {model}.{op.name} makes an index under a lock; add it with panel.concurrently.AddIndex"
        elif isinstance(op, migrations.AlterField) and large:
            old = before.models[app, op.model_name_lower].fields[op.name]
            if _of_database(old) != _of_database(op.field):
                yield f"{label}: {name} may rewrite the whole of {model}"
    if has_data_step and len(migration.operations) > 1 and not migration_is_data(migration):
        yield f"{label}: a step over data is a migration of its own"
    if any(isinstance(op, AddIndexConcurrently) for op in migration.operations) and migration.atomic:
        yield f"{label}: a concurrent index needs atomic = False"


def migration_is_data(migration: Migration) -> bool:
    return all(isinstance(op, migrations.RunPython | migrations.RunSQL) for op in migration.operations)


def _of_database(field: models.Field[Any, Any]) -> object:
    _name, path, arguments, options = field.deconstruct()
    return path, arguments, {name: value for name, value in options.items() if name not in WORDS}


def test_every_migration_keeps_to_the_rules() -> None:
    loader = MigrationLoader(None)
    found = [
        fault
        for label, migration in ours()
        for fault in faults(label, migration, loader.project_state((migration.app_label, migration.name), at_end=False))
    ]
    assert not found, "\n".join(found)


class _Of:
    """A migration of `diagnostics`, in the state that today's leave."""

    def __init__(self, *steps: Any, concurrent: bool = False) -> None:
        class Made(Migration):
            operations = list(steps)
            atomic = not concurrent

        self.migration = Made("0999_x", "diagnostics")

    def faults(self) -> list[str]:
        return list(faults("x", self.migration, MigrationLoader(None).project_state()))


INDEX = models.Index(fields=["status"], name="x")


@pytest.mark.parametrize(
    ("operations", "word"),
    [
        ([migrations.AddIndex("check", INDEX)], "locks"),
        ([migrations.RemoveField("check", "doubt")], "still reads"),
        ([migrations.RenameField("check", "doubt", "d")], "still reads"),
        ([migrations.DeleteModel("Share")], "still reads"),
        ([migrations.AddField("share", "x", models.IntegerField(default=0))], "db_default"),
        ([migrations.AddField("check", "x", models.IntegerField(null=True, db_index=True))], "index under a lock"),
        ([migrations.AlterField("check", "kind", models.TextField())], "rewrite"),
        ([migrations.AddConstraint("check", models.CheckConstraint(condition=models.Q(), name="c"))], "lock"),
        ([migrations.RunPython(lambda apps, editor: None)], "taken back"),
        (
            [
                migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
                migrations.AddField("check", "x", models.IntegerField(null=True)),
            ],
            "of its own",
        ),
    ],
)
def test_what_the_rules_forbid(operations: list[Any], word: str) -> None:
    assert word in " ".join(_Of(*operations).faults())


def test_what_the_rules_allow() -> None:
    allowed = _Of(
        AddIndex("check", INDEX),
        migrations.AddField("check", "x", models.IntegerField(db_default=0)),
        migrations.AddField("check", "y", models.IntegerField(null=True)),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("check", "doubt")]),
        concurrent=True,
    )
    assert allowed.faults() == []
