"""Asking a target server whether it takes mail for a domain, without ever sending a message."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest

from diagnostics.judge import SmtpEvidence, SmtpOutcome
from diagnostics.sweep.smtp import Prober
from domains.lookup.engine import Engine, EngineConfig, run

LOOPBACK = (ip_network("127.0.0.0/8"),)


def conversation(
    replies: dict[str, str], *, allowed: tuple[Any, ...] = LOOPBACK
) -> tuple[SmtpEvidence | None, list[str]]:
    """What the prober makes of a server that answers so (by the first word of a command), and what it was told."""
    heard: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(replies.get("greeting", "220 mx.other.example ESMTP").encode() + b"\r\n")
        while line := (await reader.readline()).decode().strip():
            heard.append(line)
            word = line.split()[0]
            if word == "QUIT":
                break
            writer.write(replies.get(word, "250 fine").encode() + b"\r\n")
        writer.close()

    async def main() -> SmtpEvidence | None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Engine(EngineConfig((("127.0.0.1", 9),), allowed_networks=allowed)) as engine:
            said = await Prober(engine, "panel.example").evidence(f"127.0.0.1:{port}", "shop.example")
            await asyncio.sleep(0.05)
            return said

    return run(main()), heard


def test_an_accepted_postmaster_is_told_and_no_message_is_sent() -> None:
    said, heard = conversation({"EHLO": "250-mx.other.example\r\n250 PIPELINING"})
    assert said is not None
    assert said.outcome == SmtpOutcome.ACCEPTED
    assert heard == ["EHLO panel.example", "MAIL FROM:<>", "RCPT TO:<postmaster@shop.example>", "QUIT"]


@pytest.mark.parametrize(
    ("reply", "outcome", "enhanced"),
    [
        ("550 5.7.1 Relaying denied", SmtpOutcome.REFUSED, "5.7.1"),
        ("550-5.1.2 no\r\n550 5.1.2 such domain", SmtpOutcome.REFUSED, "5.1.2"),
        ("550 no", SmtpOutcome.REFUSED, ""),
        ("451 4.7.1 later", SmtpOutcome.DEFERRED, "4.7.1"),
        ("what?", SmtpOutcome.SILENT, ""),
        ("250 " + "x" * 9000, SmtpOutcome.SILENT, ""),
    ],
)
def test_a_refusal_is_told_with_its_enhanced_code(reply: str, outcome: SmtpOutcome, enhanced: str) -> None:
    said, _heard = conversation({"RCPT": reply})
    assert said is not None
    assert (said.outcome, said.enhanced) == (outcome, enhanced)


def test_a_server_that_refuses_us_at_the_door_says_nothing_about_the_domain() -> None:
    said, heard = conversation({"greeting": "554 5.7.1 go away"})
    assert said is not None
    assert said.outcome == SmtpOutcome.DEFERRED
    assert heard == []


def test_an_address_that_is_not_public_is_not_connected_to() -> None:
    said, heard = conversation({}, allowed=())
    assert said is None
    assert heard == []
