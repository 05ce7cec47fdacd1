"""Caddy with the Caddyfile of docker-compose.yml."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from tests.processes import ROOT

from .process import Server, free_port, program

OLDER = {"request_buffers 4MB": "buffer_requests\n\t\tmax_buffer_size 4MB"}  # in the words of 2.6.2, as Debian has it


class Caddy(Server):
    """In front of a panel on `behind`, a port of 127.0.0.1. Without TLS: certificates need a name of the internet.

    At names of customers, on `programs_port`, with certificates of an issuer of its own, whose root is `root`.
    """

    def __init__(self, behind: int) -> None:
        super().__init__()
        self.behind = behind
        self.port = free_port()
        self.programs_port = free_port()

    def command(self) -> list[str]:
        caddy = program("caddy", "caddy")
        text = (ROOT / "Caddyfile").read_text()
        version = subprocess.run([caddy, "version"], capture_output=True, text=True, check=True).stdout
        if version.startswith("2.6.2"):
            for word, older in OLDER.items():
                assert word in text
                text = text.replace(word, older)
        assert text.count("\tservers {") == 1
        text = text.replace("\tservers {", "\tauto_https disable_redirects\n\tskip_install_trust\n\tservers {")
        (self.directory / "Caddyfile").write_text(text)
        own = {
            "PUBLIC_URL": f"http://localhost:{self.port}",
            "MAIL_SITE": f"http://mail.invalid:{self.port}",
            "WEBMAIL_SITE": f"http://webmail.invalid:{self.port}",
            "PROGRAMS_SITE": f"https://:{self.programs_port}",
            "PROGRAMS_ISSUER": "internal",
            "PANEL": f"127.0.0.1:{self.behind}",
            "CADDY_ADMIN": f"127.0.0.1:{free_port()}",
            "XDG_DATA_HOME": str(self.directory),
            "XDG_CONFIG_HOME": str(self.directory),
        }
        variables = [f"{name}={value}" for name, value in own.items()]
        return ["env", *variables, caddy, "run", "--config", "Caddyfile", "--adapter", "caddyfile"]

    @property
    def root(self) -> Path:
        return self.directory / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://localhost:{self.port}/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True
