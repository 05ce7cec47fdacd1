"""Certificates out of the folders of ACME clients."""

from __future__ import annotations

from pathlib import Path

from mailflow.rendering.acme import newest, take
from mailflow.rendering.writing import self_signed
from tests.servers.process import Server, free_port, program

HOST = "mx1.pro.test"


def keep(folder: Path, pair: tuple[str, str], *, caddy: str = "") -> None:
    """As certbot keeps it, or as Caddy does under the name of an issuer."""
    own = folder / caddy / HOST
    own.mkdir(parents=True, exist_ok=True)
    names = (f"{HOST}.crt", f"{HOST}.key") if caddy else ("fullchain.pem", "privkey.pem")
    for name, text in zip(names, pair, strict=True):
        (own / name).write_text(text)


def test_a_pair_that_fits_is_found_as_certbot_and_as_caddy_keep_it(tmp_path: Path) -> None:
    assert newest(tmp_path, HOST) is None
    pair, other = self_signed(HOST), self_signed(HOST)
    keep(tmp_path / "certbot", pair)
    keep(tmp_path / "caddy", pair, caddy="acme.issuer.example-directory")
    keep(tmp_path / "half", (pair[0], other[1]))
    keep(tmp_path / "broken", ("no certificate", "no key"))
    assert newest(tmp_path / "certbot", HOST) == pair
    assert newest(tmp_path / "caddy", HOST) == pair
    assert newest(tmp_path / "half", HOST) is None
    assert newest(tmp_path / "broken", HOST) is None
    assert newest(tmp_path / "certbot", "other.test") is None


def test_it_is_copied_once_for_the_servers_alone(tmp_path: Path) -> None:
    folder, certificate, key = tmp_path / "acme", tmp_path / "certificate.pem", tmp_path / "key.pem"
    assert not take(None, HOST, certificate, key)
    assert not take(folder, HOST, certificate, key)
    pair = self_signed(HOST)
    keep(folder, pair)
    assert take(folder, HOST, certificate, key)
    assert (certificate.read_text(), key.read_text()) == pair
    assert key.stat().st_mode & 0o777 == 0o600
    assert not take(folder, HOST, certificate, key)


class OwnCaddy(Server):
    """Caddy that issues certificates itself, for the name of a mail server."""

    def command(self) -> list[str]:
        ports = f"http_port {free_port()}\n https_port {free_port()}"
        config = f"{{\n admin off\n local_certs\n skip_install_trust\n {ports}\n}}\n{HOST} {{\n respond 404\n}}\n"
        (self.directory / "Caddyfile").write_text(config)
        own = [f"{name}={self.directory}" for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "HOME")]
        caddy = program("caddy", "caddy")
        return ["env", *own, caddy, "run", "--config", "Caddyfile", "--adapter", "caddyfile"]

    @property
    def kept(self) -> Path:
        return self.directory / "caddy" / "certificates"

    def answers(self) -> bool:
        return newest(self.kept, HOST) is not None


def test_caddys_own_folder_is_understood() -> None:
    with OwnCaddy() as caddy:
        found = newest(caddy.kept, HOST)
        assert found is not None
        assert found[0].count("BEGIN CERTIFICATE") >= 2  # with its chain
