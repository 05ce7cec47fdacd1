"""What becomes of spam: the Sieve script of a domain, run for each of its mailboxes before all others. Pure.

The filter only writes a score into the message, a star for each point (X-Spam-Level): one message may be for people of
several organizations. What it means is decided where it is delivered, by what the domain's administrator has set then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LOWEST, THRESHOLD, HIGHEST = 1, 6, 30
MOST_LISTED = 1_000  # of a domain
SUBJECT = "[Spam]"
POINTS, LEVEL, SYMBOLS = "X-Spam-Score", "X-Spam-Level", "X-Spam-Symbols"
# Whoever wrote the message was not allowed to use the sender's name, or it cannot be told.
FORGED = ("R_SPF_FAIL", "R_SPF_SOFTFAIL", "R_DKIM_REJECT", "DMARC_POLICY_REJECT", "DMARC_POLICY_QUARANTINE",
          "DMARC_POLICY_SOFTFAIL")  # fmt: skip

_HEAD = """\
require ["fileinto", "mailbox", "variables", "envelope", "editheader"];
"""
_ACTIONS = {
    "move": """\
  fileinto :create "Junk";
  stop;
""",
    "identify": f"""\
  if header :matches "Subject" "*" {{ set "subject" "${{1}}"; }}
  deleteheader "Subject";
  addheader "Subject" "{SUBJECT} ${{subject}}";
""",
}


def stars(points: float, *, refused: bool) -> str:
    """One for each whole point; all where the filter would refuse the message whatever its points."""
    return "*" * (HIGHEST if refused else max(0, min(HIGHEST, int(points))))


def script(action: str, threshold: int, *, allowed: Iterable[str] = (), blocked: Iterable[str] = ()) -> str:
    """Empty where nothing is done about spam."""
    if action not in _ACTIONS:
        return "keep;\n"
    spam = [f'header :contains "{LEVEL}" "{"*" * threshold}"', *_written_by(blocked)]
    allow = list(_written_by(allowed))
    forged = ", ".join(map(_quoted, FORGED))
    trusted = f'allof({_any(allow)}, not header :contains "{SYMBOLS}" [{forged}])' if allow else ""
    test = f"allof({_any(spam)}, not {trusted})" if trusted else _any(spam)
    return f'{_HEAD}if {test} {{\n  addheader "X-Spam" "Yes";\n{_ACTIONS[action]}}}\n'


def _written_by(senders: Iterable[str]) -> list[str]:
    """Tests for messages of these senders, by envelope and by From."""
    found = list(senders)
    addresses = [sender for sender in found if "@" in sender]
    domains = [sender for sender in found if "@" not in sender]
    tests = []
    for kind in ("address", "envelope"):
        if addresses:
            tests.append(f'{kind} :all :is "from" [{", ".join(map(_quoted, addresses))}]')
        if domains:
            tests.append(f'{kind} :domain :is "from" [{", ".join(map(_quoted, domains))}]')
            tests.append(f'{kind} :domain :matches "from" [{", ".join(_quoted(f"*.{name}") for name in domains)}]')
    return tests


def _any(tests: list[str]) -> str:
    return tests[0] if len(tests) == 1 else f"anyof({', '.join(tests)})"


def _quoted(text: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'
