"""A back-up of everything that an installation knows, and its return into another.

One file holds the database, row by row, in a form that belongs to no database: what was backed up on SQLite can be
restored on PostgreSQL. It is a zip archive of `manifest.json` and of one file of JSON lines for each table, the names
of its columns first. Secrets stay encrypted in it as they are at rest. The keys that open them go into a file of their
own, encrypted to a passphrase, to be kept elsewhere. What is left out lives for days only: sessions and the cache.

A restore goes back to the migrations that the back-up was made with, loads it and migrates forward again, so that
older back-ups can be restored too.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.apps import apps
from django.core.management.color import no_style
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from .errors import Refused
from .secrets import EncryptedTextField

FORMAT = 1
MANIFEST = "manifest.json"
BATCH = 1_000
LEFT_OUT = {"sessions.Session"}
SCRYPT_N = 2**16  # about 64 MiB and a fifth of a second for one guess


@dataclass(frozen=True, slots=True)
class Manifest:
    made_at: str
    vendor: str
    migrations: dict[str, str]  # the last one of each app
    tables: dict[str, int]  # rows, by the model's label

    def __str__(self) -> str:
        return json.dumps(
            {
                "format": FORMAT,
                "made_at": self.made_at,
                "vendor": self.vendor,
                "migrations": self.migrations,
                "tables": self.tables,
            },
            indent=2,
        )


# Making one


def write(path: Path, registry: Any = apps) -> Manifest:
    """Write the database as it is at one moment; whoever changes it meanwhile is neither held up nor seen.

    `registry`: of the models as its tables are, where they are not today's.
    """
    draft = path.with_name(f"{path.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with (
            os.fdopen(descriptor, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
            _snapshot(),
        ):
            tables = {model._meta.label: _write_table(archive, model) for model in models_to_keep(registry)}
            manifest = Manifest(timezone.now().isoformat(), connection.vendor, _applied(), tables)
            archive.writestr(MANIFEST, str(manifest))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def models_to_keep(registry: Any) -> list[type[models.Model]]:
    """Every model with a table of its own, in an order that does not change."""
    found = [
        model
        for model in registry.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label not in LEFT_OUT
    ]
    return sorted(found, key=lambda model: model._meta.label)


@contextlib.contextmanager
def _snapshot() -> Iterator[None]:
    """All that is read within is of one moment. On SQLite a transaction that takes no lock, unlike the panel's own."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


def _write_table(archive: zipfile.ZipFile, model: type[models.Model]) -> int:
    number = 0
    columns = [field.column for field in _fields(model)]
    with archive.open(f"tables/{model._meta.label}.jsonl", "w", force_zip64=True) as file:
        file.write(json.dumps(columns).encode() + b"\n")
        for row in _rows(model):
            file.write(json.dumps(row, ensure_ascii=False, default=_plain).encode() + b"\n")
            number += 1
    return number


def _rows(model: type[models.Model]) -> Iterator[tuple[Any, ...]]:
    """All rows as stored, a batch at a time, in the order of their key."""
    fields = _fields(model)
    raw = {f"_{field.name}": Cast(field.name, models.TextField()) for field in fields if _is_secret(field)}
    names = [f"_{field.name}" if _is_secret(field) else field.attname for field in fields]
    key = model._meta.pk.attname
    last: Any = None
    while True:
        rows = model._base_manager.annotate(**raw).order_by("pk")
        if last is not None:
            rows = rows.filter(pk__gt=last)
        batch = list(rows.values_list(key, *names)[:BATCH])
        for row in batch:
            yield row[1:]
        if len(batch) < BATCH:
            return
        last = batch[-1][0]


def _fields(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.local_concrete_fields if not field.generated]


def _is_secret(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, EncryptedTextField)


def _plain(value: object) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, UUID):
        return value.hex
    raise TypeError(f"{type(value).__name__} cannot be backed up")


def _applied() -> dict[str, str]:
    last: dict[str, str] = {}
    for app, name in MigrationRecorder(connection).applied_migrations():
        last[app] = max(name, last.get(app, ""))
    return last


# Bringing it back


def read_manifest(path: Path) -> Manifest:
    """Read through the whole file. Raises Refused where it is none or damaged."""
    damaged = _("%(file)s is not a back-up, or is damaged.") % {"file": path}
    try:
        with zipfile.ZipFile(path) as archive:
            said = json.loads(archive.read(MANIFEST))
            if said["format"] != FORMAT:
                raise Refused("backup-format", _("%(file)s was made by another version.") % {"file": path})
            for label, number in said["tables"].items():
                with archive.open(f"tables/{label}.jsonl") as file:
                    if sum(1 for _line in file) != number + 1:
                        raise Refused("backup-damaged", damaged)
            return Manifest(said["made_at"], said["vendor"], said["migrations"], said["tables"])
    except (OSError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError) as error:
        raise Refused("backup-damaged", f"{damaged} ({error})") from error


def restore(path: Path) -> Manifest:
    """Empty the database and fill it with what the back-up holds. Nothing else may use it meanwhile. Raises Refused
    before anything is touched where the file cannot be restored."""
    manifest = read_manifest(path)
    executor = MigrationExecutor(connection)
    known = executor.loader.graph.nodes
    for app, name in manifest.migrations.items():
        if (app, name) not in known:
            message = _("The back-up was made by a newer version: it contains the migration %(name)s.")
            raise Refused("backup-newer", message % {"name": f"{app}.{name}"})
    _empty()
    # As `migrate` does: other apps take away what stands on the tables (views), and make it anew at the end.
    everything = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    emit_pre_migrate_signal(0, False, connection.alias, plan=everything)
    targets: list[tuple[str, str | None]] = [
        (app, manifest.migrations.get(app))
        for app in sorted({app for app, _name in executor.loader.graph.leaf_nodes()})
    ]
    state = _migrate(targets)
    with zipfile.ZipFile(path) as archive, connection.constraint_checks_disabled(), transaction.atomic():
        _clear(models_to_keep(state.apps))
        for model in models_to_keep(state.apps):
            if model._meta.label in manifest.tables:
                with archive.open(f"tables/{model._meta.label}.jsonl") as file:
                    _load(model, file)
        connection.check_constraints()
        _set_sequences(models_to_keep(state.apps))
    _migrate([*MigrationExecutor(connection).loader.graph.leaf_nodes()])
    emit_post_migrate_signal(0, False, connection.alias)
    return manifest


def _migrate(targets: list[Any]) -> Any:
    """Backwards or forwards; what a migration of today's cannot take back is for whoever wrote it to mend."""
    executor = MigrationExecutor(connection)
    forwards = [
        target for target in targets if target[1] is not None and target not in executor.loader.applied_migrations
    ]
    backwards = [target for target in targets if target not in forwards]
    state = executor.migrate(backwards) if backwards else None
    if forwards:
        executor = MigrationExecutor(connection)
        state = executor.migrate(forwards)
    executor = MigrationExecutor(connection)
    wanted = [target for target in targets if target[1] is not None]
    return state if state is not None and not wanted else executor.loader.project_state(wanted)


def _empty() -> None:
    """Without rows migrations run backwards in no time."""
    _clear(
        [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy and model._meta.managed]
    )


def _clear(found: list[type[models.Model]]) -> None:
    present = set(connection.introspection.table_names())
    tables = sorted({model._meta.db_table for model in found} & present)
    if tables:
        statements = connection.ops.sql_flush(no_style(), tables, reset_sequences=True, allow_cascade=True)
        connection.ops.execute_sql_flush(statements)


def _load(model: type[models.Model], file: IO[bytes]) -> None:
    of_column = {field.column: field for field in _fields(model)}
    fields = [of_column[column] for column in json.loads(file.readline())]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - names are ours
    with connection.cursor() as cursor:
        batch: list[list[Any]] = []
        for line in file:
            batch.append([_stored(field, value) for field, value in zip(fields, json.loads(line), strict=True)])
            if len(batch) == BATCH:
                cursor.executemany(statement, batch)
                batch = []
        if batch:
            cursor.executemany(statement, batch)


def _stored(field: models.Field[Any, Any], value: Any) -> Any:
    """As the database wants it."""
    if value is None or _is_secret(field):
        return value
    if isinstance(field, models.BinaryField):
        return base64.b64decode(value)
    if isinstance(field, models.JSONField):
        return field.get_db_prep_save(value, connection)
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return target.get_db_prep_save(target.to_python(value), connection)


def _set_sequences(found: list[type[models.Model]]) -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), found):
            cursor.execute(statement)


# Keys


def seal_keys(path: Path, keys: dict[str, str], passphrase: str) -> None:
    """AES-256-GCM under a key that scrypt makes of the passphrase."""
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_stretched(passphrase, salt)).encrypt(nonce, json.dumps(keys).encode(), None)
    text = json.dumps(
        {name: base64.b64encode(part).decode() for name, part in (("salt", salt), ("nonce", nonce), ("keys", sealed))}
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")


def open_keys(path: Path, passphrase: str) -> dict[str, str]:
    """Raises Refused where the passphrase is another."""
    try:
        said = {name: base64.b64decode(part) for name, part in json.loads(path.read_text(encoding="utf-8")).items()}
        plain = AESGCM(_stretched(passphrase, said["salt"])).decrypt(said["nonce"], said["keys"], None)
        return dict(json.loads(plain))
    except InvalidTag as error:
        raise Refused("passphrase-wrong", _("The passphrase does not open the keys.")) from error
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise Refused("keys-damaged", _("%(file)s holds no keys, or is damaged.") % {"file": path}) from error


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=SCRYPT_N, r=8, p=1).derive(passphrase.encode())
