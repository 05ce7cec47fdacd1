"""What the configurations are made from, and where everything of one mail machine lies. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

ENTRANCES = 16  # through which mail gets to Dovecot
VMAIL = 5000  # user and group of all mail; needs no entry in /etc/passwd
LONGEST = 60  # characters of a folder below which sockets' names fit into the kernel's 107


@dataclass(frozen=True, slots=True)
class Ports:
    """0 is off."""

    smtp: int = 25
    submission: int = 587
    imap: int = 993
    submissions: int = 0  # TLS from the first byte
    sieve: int = 0  # ManageSieve, STARTTLS

    @property
    def sending(self) -> tuple[int, int]:
        return self.submission, self.submissions


@dataclass(frozen=True, slots=True)
class Plan:
    directory: Path
    platform: str
    host: str  # as which the machine greets: the platform's first MX host
    ports: Ports
    addresses: tuple[str, ...]  # to listen on; empty: all
    native: bool  # host names from the system (its hosts file), MX records from nowhere
    ipv6: bool
    dovecot: tuple[int, int]
    database: str  # address for whoever reads the views
    owner: int  # uid of the policy server: the panel's, which may open its database
    owner_name: str
    policy_port: int  # of Dovecot's auth-policy, on loopback
    policy_secret: str
    nonce: str
    certificate: Path
    key: Path
    acme: Path | None  # where an ACME client keeps its certificates, from which these two are copied
    postmaster: str  # empty: nobody
    spam: bool = False  # with a spam filter
    redis: str = ""  # where the filter keeps what it has learned; empty: in a Redis of its own
    webmail: int = 0  # the port of a webmail on loopback; 0: there is none
    # Networks of webmails: what they say of their users' addresses is believed, and passwords that are for the webmail
    # alone open mailboxes from there.
    webmail_from: tuple[str, ...] = ()
    webmail_key: str = ""  # with which the webmail encrypts what its sessions remember
    panel: str = ""  # where people find the panel

    @property
    def postfix(self) -> Path:
        return self.directory / "postfix"

    @property
    def dovecot_conf(self) -> Path:
        return self.directory / "dovecot" / "dovecot.conf"

    @property
    def spool(self) -> Path:
        return self.directory / "spool"

    @property
    def mail(self) -> Path:
        return self.directory / "mail"

    @property
    def run(self) -> Path:
        """The folder of all sockets; a short one elsewhere where the directory's own name is long."""
        if len(str(self.directory)) <= LONGEST:
            return self.directory / "run"
        return Path("/run") / f"mailflow-{hashlib.sha256(str(self.directory).encode()).hexdigest()[:12]}"

    @property
    def lmtp(self) -> tuple[Path, ...]:
        """Into the mailboxes; a domain always takes the same of them. The first is called as when it was the only one:
        a policy server of before knows no other."""
        return self.run / "lmtp", *(self.run / f"lmtp-{number}" for number in range(1, ENTRANCES))

    @property
    def policy(self) -> Path:
        return self.run / "policy"

    @property
    def use(self) -> Path:
        """The folder of the socket that Dovecot tells the size of mailboxes."""
        return self.run / "use"

    @property
    def filter(self) -> Path:
        """The folder of the spam filter's sockets."""
        return self.run / "filter"

    @property
    def lessons(self) -> Path:
        """Where messages lie that people have moved into Junk or out of it, until the filter has learned them."""
        return self.directory / "lessons"

    @property
    def web(self) -> Path:
        """The webmail's files, and what it keeps."""
        return self.directory / "webmail"

    @property
    def inbox(self) -> Path:
        """The socket by which Postfix hands mail to the organizations' inboxes."""
        return self.run / "inbox"

    @property
    def outgoing(self) -> Path:
        """The socket by which Dovecot hands over what Sieve sends."""
        return self.use / "outgoing"

    @property
    def sendmail(self) -> Path:
        """The program by which it does."""
        return self.directory / "dovecot" / "sendmail"

    @property
    def listening(self) -> tuple[str, ...]:
        """Addresses as Postfix and Dovecot write them; an empty one is all."""
        return self.addresses or ("",)
