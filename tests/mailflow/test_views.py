"""The views: their columns, who may read them, that migrations alter tables under them, and that they are fast."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, migrations, models

from accounts.forwarding import set_forwarding
from accounts.models import AutoReply, EmailAccount, InboxRule, PasswordPolicy
from accounts.policies import change_policy
from domains.models import Domain, Name, Ownership
from mailflow.databases import for_postgres, numbered
from mailflow.making import made
from mailflow.models import Block
from mailflow.own_scripts import sending
from mailflow.queries import QUERIES, DatabaseAway, reader_of
from mailflow.rendering.grants import grants_sql
from mailflow.sql import COLUMNS, FUNCTIONS, READER, VIEWS, WRITER
from panel.actors import SYSTEM
from panel.models import Organization, Platform, Service
from tests.factories import make_account, make_domain, make_organization, make_platform, make_service, make_slot
from tests.mailflow.conftest import database_url, mailbox_of, signing_key
from tests.processes import environment, manage
from tests.servers import PostgreSql

# What servers in the field ask by: a column may be added at the end, none may go.
FROZEN = {
    "mailflow_platform": ("platform", "mx_hosts", "imap_host", "smtp_host", "outbound_addresses", "spf_include"),
    "mailflow_domain": ("platform", "domain", "mode", "target"),
    "mailflow_owner": ("platform", "domain", "organization", "service"),
    "mailflow_recipient": ("platform", "domain", "local_part", "mailbox", "quota", "used"),
    "mailflow_catch_all": ("platform", "domain", "account", "mailbox", "quota", "used", "mode"),
    "mailflow_forward": ("platform", "domain", "local_part", "account", "target", "outside", "keep", "number"),
    "mailflow_group": ("platform", "domain", "local_part", "senders", "number", "organization"),
    "mailflow_member": ("platform", "domain", "local_part", "group_number", "target", "outside", "number"),
    "mailflow_group_sender": ("group_number", "address"),
    "mailflow_rule": (
        "platform",
        "domain",
        "local_part",
        "number",
        "position",
        "match_any",
        "conditions",
        "actions",
        "outside",
    ),
    "mailflow_reply": (
        "platform",
        "domain",
        "local_part",
        "subject",
        "text",
        "starts",
        "ends",
        "days",
        "audience",
    ),
    "mailflow_alias": ("platform", "domain", "local_part", "alias"),
    "mailflow_sibling": ("platform", "domain", "sibling"),
    "mailflow_login": (
        "platform",
        "domain",
        "local_part",
        "device",
        "password",
        "mailbox",
        "quota",
        "lockout_threshold",
        "lockout_reset",
        "lockout_duration",
        "lockout_everybody",
        "blocked",
        "number",
        "web_only",
        "must_change",
        "password_at",
        "max_age",
        "expires_from",
    ),
    "mailflow_sender": ("platform", "domain", "local_part", "login", "mailbox", "service"),
    "mailflow_spam": ("platform", "domain", "action", "threshold"),
    "mailflow_listed": ("platform", "domain", "kind", "sender"),
    "mailflow_dkim": ("platform", "domain", "selector", "private_key", "number"),
    "mailflow_footer": (
        "platform",
        "domain",
        "login_domain",
        "login",
        "text",
        "html",
        "only_outside",
        "first_name",
        "last_name",
        "display_name",
    ),
}
TABLES = [
    ("panel", "Platform"),
    ("panel", "Organization"),
    ("panel", "Service"),
    ("domains", "Name"),
    ("domains", "Domain"),
    ("domains", "DkimKey"),
    ("domains", "Footer"),
    ("accounts", "Address"),
    ("accounts", "EmailAccount"),
    ("accounts", "Alias"),
    ("accounts", "AppPassword"),
    ("accounts", "CatchAll"),
    ("accounts", "MailGroup"),
    ("accounts", "GroupMember"),
    ("accounts", "GroupSender"),
    ("accounts", "Forwarding"),
    ("accounts", "ForwardTarget"),
    ("mailflow", "Block"),
    ("mailflow", "Use"),
]


def rows(view: str, **where: str) -> list[dict[str, Any]]:
    condition = " AND ".join(f"{name} = %s" for name in where) or "1 = 1"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {view} WHERE {condition}", list(where.values()))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.django_db
def test_the_views_columns_are_frozen() -> None:
    assert FROZEN.keys() == VIEWS.keys()
    for view, columns in FROZEN.items():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {view} LIMIT 0")
            found = tuple(column[0] for column in cursor.description)
        assert found[: len(columns)] == columns
        assert found == COLUMNS[view]


@pytest.mark.django_db
def test_what_dovecot_asks_postgresql_by_is_the_view() -> None:
    account = make_account(make_domain(make_service(), "kept.test"), "jan")
    if connection.vendor != "postgresql":
        assert FUNCTIONS.keys() == {"mailflow_mailbox(text, text, text)"}
        return
    [row] = rows("mailflow_recipient", domain="kept.test")
    with connection.cursor() as cursor:
        for _time in range(7):  # by a plan that is kept, too
            for local, found in (("jan", [(row["account"], row["mailbox"], row["quota"])]), ("nobody", [])):
                platform = account.service.platform.slug
                cursor.execute("SELECT * FROM mailflow_mailbox(%s, 'kept.test', %s)", [platform, local])
                assert cursor.fetchall() == found


@pytest.mark.django_db
def test_a_row_is_there_only_where_the_answer_is_yes() -> None:
    service = make_service(make_organization(), make_platform("mail"))
    domain, pending = make_domain(service, "aurora.test"), make_domain(service, "pending.test", pending=True)
    jan = make_account(domain, "jan")
    make_account(domain, "asleep", state=EmailAccount.State.SUSPENDED)
    make_account(pending, "early")
    make_slot(service)
    signing_key(domain)
    assert {row["local_part"] for row in rows("mailflow_recipient", domain="aurora.test")} == {"jan", "asleep"}
    assert [row["local_part"] for row in rows("mailflow_login", platform="mail")] == ["jan"]
    assert [row["login"] for row in rows("mailflow_sender", platform="mail")] == ["jan@aurora.test"]
    assert rows("mailflow_login")[0]["mailbox"] == mailbox_of(jan).hex
    assert rows("mailflow_login")[0]["blocked"] == 0
    assert [row["domain"] for row in rows("mailflow_domain")] == ["aurora.test"]
    assert [row["selector"] for row in rows("mailflow_dkim")] == ["cm1"]
    Block.objects.create(mailbox=mailbox_of(jan), kind=Block.Kind.FLOOD, since=jan.created_at)
    assert not rows("mailflow_sender")
    assert [row["blocked"] for row in rows("mailflow_login")] == [1]
    Service.objects.update(state=Service.State.SUSPENDED)
    assert [len(rows(view)) for view in ("mailflow_recipient", "mailflow_login", "mailflow_dkim")] == [2, 0, 0]
    Service.objects.update(state=Service.State.ACTIVE)
    Organization.objects.update(state=Organization.State.ENDED)
    assert not any(rows(view) for view in VIEWS if view != "mailflow_platform")


@pytest.mark.django_db
def test_a_mailbox_keeps_what_the_policy_does_not_let_go_to_all_that_it_is_meant_for() -> None:
    service = make_service()
    domain = make_domain(service, "aurora.example")
    jan, _anna = make_account(domain, "jan"), make_account(domain, "anna")

    def forwards() -> list[tuple[str, int]]:
        return sorted((row["target"], row["keep"]) for row in rows("mailflow_forward", local_part="jan"))

    set_forwarding(jan, "anna@aurora.example friend@outside.example", keep=False, by=SYSTEM)
    assert forwards() == [("anna@aurora.example", 0), ("friend@outside.example", 0)]
    change_policy(service, {"forward_outside": False}, by=SYSTEM)
    assert forwards() == [("anna@aurora.example", 1)]
    set_forwarding(jan, "anna@aurora.example", keep=False, by=SYSTEM)
    assert forwards() == [("anna@aurora.example", 0)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("app", "name"), TABLES)
def test_a_migration_alters_any_table_under_them(app: str, name: str) -> None:
    """As `migrate` does it: what goes before and after are signals. Every column that can take it gets another type,
    which remakes the table on SQLite and which PostgreSQL refuses under a view."""
    model: type[models.Model] = apps.get_model(app, name)
    fields = [field for field in model._meta.local_fields if type(field) is models.CharField]
    migration = migrations.Migration("9999_wider", app)
    emit_pre_migrate_signal(0, False, "default", plan=[(migration, False)])
    assert not made(connection)
    try:
        for old in fields:
            new = models.CharField(max_length=(old.max_length or 0) + 1)
            new.set_attributes_from_name(old.name)
            new.model = model
            with connection.schema_editor() as editor:
                editor.alter_field(model, old, new)
            with connection.schema_editor() as editor:
                editor.alter_field(model, new, old)
    finally:
        emit_post_migrate_signal(0, False, "default", plan=[(migration, False)])
    assert made(connection)


@pytest.mark.django_db(transaction=True)
def test_views_that_are_not_as_the_program_has_them_are_made_anew() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP VIEW mailflow_dkim")
        cursor.execute("CREATE VIEW mailflow_dkim AS SELECT 1 AS platform")
    emit_post_migrate_signal(0, False, "default", plan=[])
    assert made(connection)
    assert rows("mailflow_dkim") == []


@pytest.mark.django_db(transaction=True)
def test_other_apps_migrations_leave_the_views_alone() -> None:
    emit_pre_migrate_signal(0, False, "default", plan=[(migrations.Migration("0002_x", "diagnostics"), False)])
    assert made(connection)


@pytest.fixture
def installed(postgresql_server: PostgreSql) -> Iterator[dict[str, str]]:
    """The environment of an installation on PostgreSQL, with passwords for the servers' roles."""
    with postgresql_server.database("roles") as url:
        place = url.partition("@")[2]
        env = environment(
            DATABASE_URL=url,
            MAIL_READER_URL=f"postgresql://{READER}:first-secret@{place}",
            MAIL_WRITER_URL=f"postgresql://{WRITER}:second-secret@{place}",
        )
        assert manage("migrate", "-v0", env=env).returncode == 0
        yield env


def test_one_role_reads_the_views_and_one_writes_its_tables_and_neither_does_more(installed: dict[str, str]) -> None:
    done = manage("mailflow", "roles", "--json", env=installed)
    assert json.loads(done.stdout) == {"roles": [READER, WRITER]}, done.stderr
    with psycopg.connect(installed["DATABASE_URL"], autocommit=True) as owner:
        passwords = owner.execute("SELECT count(*) FROM pg_authid WHERE rolname LIKE 'mailflow%' AND rolpassword <> ''")
        assert passwords.fetchone() == (2,)
        owner.execute(grants_sql())  # as whoever may make roles runs what `render` writes; again does no harm
        owner.execute("DROP VIEW mailflow_dkim")
        owner.execute("DROP FUNCTION mailflow_mailbox")
    assert manage("migrate", "-v0", env=installed).returncode == 0  # makes it anew; what was granted holds
    with psycopg.connect(installed["MAIL_READER_URL"], autocommit=True) as reader:
        for view in VIEWS:
            reader.execute(f"SELECT * FROM {view}")
        reader.execute("SELECT * FROM mailflow_mailbox('mail', 'aurora.test', 'jan')")
        for table in ("accounts_emailaccount", "mailflow_use", "panel_user"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"SELECT * FROM {table}")
    with psycopg.connect(installed["MAIL_WRITER_URL"], autocommit=True) as writer:
        writer.execute("INSERT INTO mailflow_use (mailbox) VALUES (gen_random_uuid())")
        for forbidden in ("SELECT * FROM mailflow_login", "UPDATE accounts_emailaccount SET state = 'active'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                writer.execute(forbidden)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            writer.execute("SELECT * FROM mailflow_mailbox('mail', 'aurora.test', 'jan')")


def test_roles_want_postgresql_and_passwords(installed: dict[str, str]) -> None:
    assert manage("mailflow", "roles", env=installed | {"MAIL_READER_URL": ""}).returncode == 1
    assert manage("mailflow", "roles", env=installed | {"DATABASE_URL": ""}).returncode == 1


def test_a_database_that_is_away_is_said_and_found_again(transactional_db: None) -> None:
    reader = reader_of(database_url())
    assert reader.rows("platforms", {}) == []
    gone = reader_of("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseAway):
        gone.rows("platforms", {})
    if connection.vendor == "postgresql":  # its connection is cut: the next question opens another
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                           " AND datname = current_database()")  # fmt: skip
        assert reader.rows("platforms", {}) == []
    reader.close()


def test_a_question_on_postgresql_is_prepared_once_and_cut_nowhere(transactional_db: None) -> None:
    text, names = numbered("SELECT :a, CAST(:b AS bigint), :a")
    assert (text, names) == ("SELECT $1, CAST($2 AS bigint), $1", ("a", "b"))
    if connection.vendor != "postgresql":
        return
    account = make_account(make_domain(make_service(), "cut.test"), "jan")
    reader = reader_of(database_url())
    values = {"platform": account.service.platform.slug, "domain": "cut.test", "local": "jan"}
    for _time in range(2):
        assert len(reader.rows("mailbox", values)) == 1
        assert reader.rows("mailbox", values)[0][0]
    with pytest.raises(DatabaseAway):
        reader.rows("mailbox", values | {"local": "jan\0other"})
    assert reader.rows("mailbox", values)[0][0]  # the next one is answered
    reader.close()


ACCOUNTS, DOMAINS, ORGANIZATIONS = 100_000, 2_000, 200


@pytest.fixture
def crowd(transactional_db: None) -> None:
    """100,000 accounts of 2,000 domains of 200 organizations on one platform."""
    platform = Platform.objects.create(
        slug="mail", mx_hosts=["mx"], imap_host="i", smtp_host="s", outbound_addresses=["192.0.2.1"]
    )
    organizations = Organization.objects.bulk_create(
        Organization(code=f"crowd{i}", name="Crowd") for i in range(ORGANIZATIONS)
    )
    services = Service.objects.bulk_create(
        Service(organization=o, platform=platform, number=1, name=f"emailpro-{o.code}-1") for o in organizations
    )
    PasswordPolicy.objects.bulk_create(PasswordPolicy(service=service) for service in services)
    names = Name.objects.bulk_create(Name(name=f"crowd{i:05d}.test") for i in range(DOMAINS))
    ownerships = Ownership.objects.bulk_create(
        Ownership(organization=organizations[i % ORGANIZATIONS], name=name, token=f"t{i}")
        for i, name in enumerate(names)
    )
    example = make_domain(services[0], "key.test")
    key = signing_key(example)
    type(key).objects.bulk_create(
        type(key)(
            ownership=ownership,
            name=ownership.name,
            selector="cm1",
            private_key=key.private_key,
            public_key=key.public_key,
            state=key.state,
        )
        for ownership in ownerships
    )
    domains = Domain.objects.bulk_create(
        Domain(
            service=services[i % ORGANIZATIONS],
            platform=platform,
            name=name,
            ownership=ownerships[i],
            mode="non_authoritative",
            target_host="target.test",
            state="verified",
            verified_at=example.verified_at,
        )
        for i, name in enumerate(names)
    )
    assert domains
    new_id = "lower(hex(randomblob(16)))" if connection.vendor == "sqlite" else "gen_random_uuid()"
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE each(j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM each WHERE j + 1 < %s)"
            " INSERT INTO accounts_address (name_id, local_part)"
            " SELECT name_id, 'user' || (1000 + j) FROM domains_domain, each WHERE target_host <> ''",
            [ACCOUNTS // DOMAINS],
        )
        cursor.execute(
            "INSERT INTO accounts_emailaccount (service_id, slot_token, state, domain_id, address_id, first_name,"
            " last_name, display_name, password_hash, mailbox_id, created_at, changed_at, address_key, first_key,"
            " last_key, display_key)"
            f" SELECT d.service_id, 'crowd' || a.id, 'active', d.id, a.id, '', '', '', '{{ARGON2ID}}!', {new_id},"
            " d.verified_at, d.verified_at, 'crowd' || a.id, '', '', ''"
            " FROM accounts_address a JOIN domains_domain d ON d.name_id = a.name_id"
        )
        cursor.execute(
            "INSERT INTO mailflow_use (mailbox, bytes, messages)"
            " SELECT mailbox_id, 1000000, 10 FROM accounts_emailaccount WHERE mailbox_id IS NOT NULL"
        )
        # Each domain has 10 aliases, 10 groups and a catch-all; every fifth account forwards, has rules, a reply
        # and two devices.
        of_domain = "FROM accounts_address a JOIN domains_domain d ON d.name_id = a.name_id"
        for kind in ("alias", "group"):
            cursor.execute(
                f"INSERT INTO accounts_address (name_id, local_part) SELECT e.name_id, '{kind}' || MIN(e.id)"
                " FROM accounts_address e GROUP BY e.name_id, e.id % 10"
            )
        cursor.execute(
            "INSERT INTO accounts_alias (address_id, account_id, domain_id, created_at)"
            " SELECT a.id, (SELECT MIN(e.id) FROM accounts_emailaccount e WHERE e.domain_id = d.id), d.id,"
            " d.verified_at"
            f" {of_domain} WHERE a.local_part LIKE 'alias%'"
        )
        cursor.execute(
            "INSERT INTO accounts_mailgroup (address_id, service_id, domain_id, title, senders, created_at)"
            f" SELECT a.id, d.service_id, d.id, '', 'named', d.verified_at {of_domain} WHERE a.local_part LIKE 'group%'"
        )
        cursor.execute(
            "INSERT INTO accounts_groupmember (group_id, account_id, local_part, domain)"
            " SELECT g.id, e.id, '', '' FROM accounts_mailgroup g JOIN accounts_emailaccount e"
            " ON e.domain_id = g.domain_id WHERE e.id % 5 = 0"
        )
        cursor.execute(
            "INSERT INTO accounts_groupsender (group_id, address)"
            " SELECT g.id, 'sender' || g.id || '@outside.test' FROM accounts_mailgroup g"
        )
        cursor.execute(
            "INSERT INTO accounts_apppassword (account_id, name, password_hash, seed, created_at)"
            " SELECT e.id, device.name, '{ARGON2ID}!', '', e.created_at FROM accounts_emailaccount e"
            " CROSS JOIN (SELECT 'phone' AS name UNION ALL SELECT 'tablet') device WHERE e.id % 5 = 0"
        )
        cursor.execute(
            "INSERT INTO accounts_forwarding (account_id, keep, created_at)"
            " SELECT e.id, (1 = 1), e.created_at FROM accounts_emailaccount e WHERE e.id % 5 = 0"
        )
        cursor.execute(
            "INSERT INTO accounts_forwardtarget (forwarding_id, local_part, domain, outside)"
            " SELECT f.id, 'friend', 'outside.test', (1 = 1) FROM accounts_forwarding f"
        )
        cursor.execute(
            "INSERT INTO accounts_catchall (domain_id, account_id, created_at)"
            " SELECT e.domain_id, MIN(e.id), MIN(e.created_at) FROM accounts_emailaccount e GROUP BY e.domain_id"
        )
        cursor.execute(
            "INSERT INTO domains_footer (domain_id, active, only_outside, text, html, changed_at)"
            " SELECT id, (1 = 1), (1 = 0), 'footer', '', verified_at FROM domains_domain"
        )
        cursor.execute(
            "INSERT INTO accounts_inboxrule (account_id, position, name, enabled, match_any, conditions, actions,"
            " forwards, changed_at) SELECT e.id, n, '', (1 = 1), (1 = 0), '[]', '[]', (1 = 0), e.created_at"
            " FROM accounts_emailaccount e CROSS JOIN (SELECT 0 AS n UNION ALL SELECT 1) numbers WHERE e.id % 5 = 0"
        )
        cursor.execute(
            "INSERT INTO accounts_autoreply (account_id, enabled, subject, text, days, audience, changed_at)"
            " SELECT e.id, (1 = 1), '', 'Away', 7, 'everybody', e.created_at FROM accounts_emailaccount e"
            " WHERE e.id % 5 = 0"
        )
        for number in range(3):
            cursor.execute(
                "INSERT INTO mailflow_listed_sender (domain_id, kind, sender)"
                f" SELECT d.id, 'block', 'shop{number}.test' FROM domains_domain d"
            )
        cursor.execute(
            "INSERT INTO mailflow_spam_filter (domain_id, action, threshold)"
            " SELECT d.id, 'identify', 7 FROM domains_domain d"
        )
        cursor.execute("ANALYZE")


def test_every_question_is_served_by_indexes_at_100_000_accounts(crowd: None) -> None:
    """Also what Dovecot asks. A scan is allowed of the few platforms only."""
    values = {"platform": "mail", "domain": "crowd01001.test", "local": "user1007", "base": "user1007", "size": "0"}
    values |= {"sender_domain": "crowd01001.test", "sender_local": "user1007", "sender_base": "user1007"}
    values |= {"sender": "offer@mail.shop.test", "sender_domain": "mail.shop.test"}
    values |= {"group": "1", "login": "x", "address": "user1007@crowd01001.test", "plain": "user1007@crowd01001.test"}
    values |= {"login_local": "user1007", "login_domain": "crowd01001.test"}
    questions = {
        **QUERIES,
        "mailbox": "SELECT mailbox FROM mailflow_recipient"
        " WHERE platform = :platform AND domain = :domain AND local_part = :local",
    }
    reader = reader_of(database_url())
    for name, plan in plans(questions, values):
        scans = [line for line in plan if "SCAN " in line or "Seq Scan" in line or "MATERIALIZE" in line]
        assert not [line for line in scans if not small(line)], f"{name}:\n" + "\n".join(plan)
    for name in QUERIES:
        reader.rows(name, values)
    reader.close()
    _the_agent_reads_no_account_in_vain()


def _the_agent_reads_no_account_in_vain() -> None:
    """It asks every ten seconds who forwards or answers."""
    few = list(AutoReply.objects.order_by("pk").values_list("account", flat=True)[:40])
    AutoReply.objects.exclude(account__in=few).update(enabled=False)
    InboxRule.objects.filter(account__in=few, position=0).update(forwards=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for mailboxes in sending():
        assert len(mailboxes) == 40
        plan = mailboxes.explain()
        assert not re.search(r"(SCAN|Seq Scan on) accounts_emailaccount", plan), plan


def small(line: str) -> bool:
    """Tables of a row for each platform, organization or service (200; more are found by index), or blocked account;
    and what SQLite has found of one login by index, its password's row and its devices'."""
    words = line.replace("Seq Scan on", "SCAN").split("SCAN", 1)[-1].split()
    return bool(words) and words[0] in {
        "p",
        "panel_platform",
        "CONSTANT",
        "b",
        "mailflow_block",
        "mailflow_login",
        "accounts_passwordpolicy",
        "panel_organization",
        "panel_service",
    }


def plans(questions: dict[str, str], values: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """For these values and, on PostgreSQL, for any: that one is kept after the fifth time."""
    for name, question in questions.items():
        yield name, explained(question, values)
        if connection.vendor == "postgresql":
            text, names = numbered(question)
            with connection.cursor() as cursor:
                cursor.execute("SET plan_cache_mode = force_generic_plan")
                cursor.execute(f"PREPARE kept AS {text}")
                given = ", ".join(f"'{values[name]}'" for name in names)
                cursor.execute(f"EXPLAIN EXECUTE kept({given})" if given else "EXPLAIN EXECUTE kept")
                yield f"{name}, for any value", [row[0] for row in cursor.fetchall()]
                cursor.execute("DEALLOCATE kept")
                cursor.execute("RESET plan_cache_mode")


def explained(question: str, values: dict[str, str]) -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("EXPLAIN QUERY PLAN " + for_postgres(question), values)
            return [row[3] for row in cursor.fetchall()]
        cursor.execute("EXPLAIN " + for_postgres(question), values)
        return [row[0] for row in cursor.fetchall()]
