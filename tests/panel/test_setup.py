"""Set-up: keys, administrator and their files; done once, and never a tracked file touched."""

from __future__ import annotations

import re
import stat

import pytest
from django.core.management import call_command
from django.test import Client

from panel import environment
from panel.administrator import ensure_administrator, kept_password, password_file, sign_in_line
from panel.management.commands.setup import make_folders
from panel.models import User
from tests.processes import environment as environment_of_process
from tests.processes import manage

CHOSEN = "chosen with care 4711"


@pytest.fixture
def var(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path


def test_keys_are_written_once_and_for_the_owner_only(tmp_path, monkeypatch):
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("DEMO", "1")
    environment.main()
    path = tmp_path / "var" / "env"
    text = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {line.split("=")[0] for line in text.splitlines()[1:]} == {
        "SECRET_KEY",
        "ENCRYPTION_KEYS",
        "DEMO",
        "DNS_STUB_ZONES",
        "ALLOWED_NETWORKS",
    }
    environment.main()
    assert path.read_text() == text


def test_an_installation_without_demonstration_stays_without(tmp_path, monkeypatch):
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("DEMO", "0")
    environment.main()
    monkeypatch.delenv("DEMO")
    environment.main()
    text = (tmp_path / "env").read_text()
    assert "DEMO=0" in text
    assert "DNS_STUB_ZONES" not in text


def test_the_demonstration_may_be_reached_at_one_port_and_nothing_else_of_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("DEMO", "1")
    environment.main()
    path = tmp_path / "env"
    lines = dict(line.split("=", 1) for line in path.read_text().splitlines()[1:])
    server = lines["ALLOWED_NETWORKS"]
    assert re.fullmatch(r"127\.0\.0\.1:2\d{4}", server)
    assert lines["DNS_STUB_ZONES"].split(",")[0] == f"mail.example={server}"
    path.write_text(path.read_text().replace(f"ALLOWED_NETWORKS={server}", "ALLOWED_NETWORKS=127.0.0.1/32"))
    environment.main()
    assert f"ALLOWED_NETWORKS={server}\n" in path.read_text(), "what earlier set-ups wrote is narrowed"


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("", False),
        ("http://localhost:8000", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:8000", False),
        ("http://192.168.1.5:8000", False),
        ("https://panel.example.com", True),
        ("http://1.1.1.1", True),
    ],
)
def test_a_public_panel_has_no_demonstration(tmp_path, monkeypatch, url, public):
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("PUBLIC_URL", url)
    monkeypatch.delenv("DEMO", raising=False)
    environment.main()
    assert ("DEMO=0" in (tmp_path / "env").read_text()) is public


def test_set_up_refuses_a_demonstration_on_a_public_address(tmp_path):
    env = environment_of_process(VAR_DIR=str(tmp_path), PUBLIC_URL="https://panel.example.com", DEMO="1")
    for command in ("setup", "run", "demonstration"):
        refused = manage(command, env=env)
        assert refused.returncode == 1
        assert "a demonstration is not for the public" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert not (tmp_path / "static").exists(), "nothing was set up"


def test_what_an_operator_wrote_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    (tmp_path / "env").write_text("SECRET_KEY=mine\n# a remark\nPANEL_NAME=Mail\n")
    environment.main()
    lines = (tmp_path / "env").read_text().splitlines()
    assert lines[:3] == ["SECRET_KEY=mine", "# a remark", "PANEL_NAME=Mail"]
    assert any(line.startswith("ENCRYPTION_KEYS=") for line in lines)


@pytest.mark.django_db
def test_the_line_names_the_password_until_another_is_chosen(var):
    user = ensure_administrator()
    password = kept_password(user)
    assert sign_in_line(8123) == f"Sign in at http://localhost:8123/ as {user.email} with password {password}"
    assert stat.S_IMODE(password_file().stat().st_mode) == 0o600
    user.set_password(CHOSEN)
    user.save()
    assert sign_in_line(8123) == f"Sign in at http://localhost:8123/ as {user.email} with the password you chose"
    assert not password_file().exists()


@pytest.mark.django_db
def test_choosing_a_password_on_the_page_removes_the_file(var):
    user = ensure_administrator()
    client = Client()
    client.force_login(user)
    password = kept_password(user)
    response = client.post(
        "/account/password/change/", {"oldpassword": password, "password1": CHOSEN, "password2": CHOSEN}
    )
    assert response.status_code == 302, response.content
    assert not password_file().exists()


@pytest.mark.django_db
def test_another_password_can_be_made(var, capsys):
    user = ensure_administrator()
    first = kept_password(user)
    call_command("password")
    user.refresh_from_db()
    second = kept_password(user)
    assert second
    assert second != first
    assert capsys.readouterr().out.strip().endswith(f"with password {second}")


@pytest.mark.django_db
def test_there_is_one_administrator_however_often_one_asks(var):
    assert ensure_administrator() == ensure_administrator()
    assert User.objects.filter(is_superuser=True, is_staff=True).count() == 1


@pytest.mark.django_db
def test_set_up_can_run_again(var, settings, capsys):
    settings.SPOOL_DIR = var / "broker"
    settings.STATIC_ROOT = var / "static"
    call_command("setup")
    call_command("setup")
    assert capsys.readouterr().out.count("Sign in at") == 2
    assert (var / "static" / ".collected").exists()


def test_the_line_of_health_on_the_command_line(transactional_db, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("health", "database", "worker")
    assert ended.value.code == 1
    assert capsys.readouterr().out.splitlines()[0].startswith("database: ok")


def test_the_folder_may_have_any_name(tmp_path):
    var = tmp_path / "a folder #1 with 100 % of it's letters?"
    var.mkdir()
    env = environment_of_process(VAR_DIR=str(var), DATABASE_URL="", REDIS_URL="")
    assert manage("migrate", "--verbosity", "0", env=env).returncode == 0
    assert (var / "panel.sqlite3").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PORT": "abc"}, "PORT: a port is a number from 1 to 65535"),
        ({"PORT": "70000"}, "PORT: a port is a number from 1 to 65535"),
        ({"PUBLIC_URL": "panel.example.com"}, "PUBLIC_URL must look like https://panel.example.com"),
        ({"PUBLIC_URL": "https://panel.example.com:x"}, "PUBLIC_URL: "),
        ({"DNS_RESOLVERS": "192.0.2.1:dns"}, "192.0.2.1:dns: a port is a number from 1 to 65535"),
    ],
)
def test_a_setting_that_does_not_hold_is_said_in_a_line(changes, said, tmp_path):
    done = manage("check", env=environment_of_process(VAR_DIR=str(tmp_path), PUBLIC_URL="") | changes)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_commands_beside_a_running_panel_know_its_port(tmp_path):
    (tmp_path / "run.lock").write_text("8311\n")
    env = environment_of_process(VAR_DIR=str(tmp_path), PUBLIC_URL="", PORT="")
    code = "from django.conf import settings; print(settings.PORT, settings.PUBLIC_URL)"
    assert manage("shell", "--no-imports", "-c", code, env=env).stdout == "8311 http://localhost:8311\n"


def test_a_database_without_tables_serves_nothing(tmp_path):
    env = environment_of_process(
        VAR_DIR=str(tmp_path), DATABASE_URL="", SECRET_KEY="s", ENCRYPTION_KEYS=environment.encryption_key()
    )
    done = manage("health", "database", env=env)
    assert (done.returncode, done.stdout) == (1, "database: not ok (OperationalError)\n")


@pytest.mark.django_db  # the broker makes folders of its own
def test_nobody_else_reads_the_mail(settings, tmp_path):
    settings.VAR_DIR, settings.MEDIA_ROOT, settings.SPOOL_DIR = tmp_path, tmp_path / "media", tmp_path / "broker"
    make_folders()
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700


def test_production_settings_pass_the_checks_for_deployment(tmp_path):
    """As .env.example fills them in."""
    env = environment_of_process(
        VAR_DIR=str(tmp_path),
        PUBLIC_URL="https://panel.example.com",
        TRUSTED_PROXY_COUNT="1",
        DEMO="0",
        EMAIL_URL="submission://panel%40example.com:password@smtp.example.com:587",
        SECRET_KEY="".join(map(chr, range(50, 110))),
        ENCRYPTION_KEYS=environment.encryption_key(),
    )
    checked = manage("check", "--deploy", "--fail-level", "WARNING", env=env)
    assert checked.returncode == 0, checked.stderr
    assert "no issues (2 silenced)" in checked.stdout, checked.stdout
