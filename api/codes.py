"""The codes of problems and their words, for the reference. Read from the sources, so that no refusal is forgotten."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import translation

from accounts import passwords, preview, rules, words
from accounts.inbox_rules import words as rule_words
from accounts.reading import OpenQuestion
from accounts.tables import Refusal
from domains.sentences import NAME_SENTENCES, PROVIDER_ERRORS, TARGET_SENTENCES

from .problems import OF_REQUESTS

APPS = ("panel", "domains", "diagnostics", "accounts", "mailflow", "api")
# Of pages and of the command line alone: no operation comes to them.
ELSEWHERE = frozenset(
    {
        *("backup-damaged", "backup-format", "backup-newer", "keys-damaged", "passphrase-wrong"),  # back-ups
        *("configuration", "dovecot-version", "folder-closed", "no-password", "no-python", "no-roles"),  # mail servers
        *("no-such-user", "not-installed", "not-root", "port-taken"),
        *("host-invalid", "host-missing", "no-default", "slug-taken", "until-missing"),  # platforms
        *("invitation-lapsed", "invitation-of-another", "last-staff", "no-second-factor", "user-exists"),  # people
        *("letter-gone", "letter-under-way", "dispute-closed", "member-inactive"),  # staff
        *("broken", "fields", "too_large", "upload", "uploads"),  # uploaded files
        *("no-such-column", "no-target", "unread"),  # forms of the pages
        *("scopes", "too-many-tokens"),  # tokens are made by people
        *("no-such-account", "no-such-service", "not-empty"),  # commands
    }
)
# Where each place has words of its own, or the words are made.
WORDS = {
    "wrong-state": "It is in a state in which this cannot be done, or it has changed in the meantime.",
    "authoritative-domain-detected": "The domain is used elsewhere in a mode that excludes what was asked.",
    "code-invalid": "The code of an organization is 2 to 32 lower-case letters and digits.",
    "invalid": "Something in the request is wrong: `errors` says what.",
    "scope-missing": "The token lacks the scope that `detail` names.",
    "token-invalid": "There is no such token, or it is revoked or expired, or its maker is no longer staff.",
    "token-missing": "The request has no `Authorization: Bearer` with a token.",
}
PLACE = re.compile(r"%\((\w+)\)[sd]")

type Found = tuple[str, str, str]  # code, where it stands, words


@cache
def documented() -> dict[str, tuple[str, str]]:
    """Code → where it stands and what it says."""
    where: dict[str, list[str]] = {}
    said: dict[str, list[str]] = {}
    with translation.override("en"):
        for code, place, text in (*_of_sources(), *of_tables()):
            if code in ELSEWHERE:
                continue
            shown = " ".join(PLACE.sub(r"‹\1›", str(text)).split())
            where.setdefault(code, []).append(place)
            said.setdefault(code, []).append(shown)
    said |= {code: [text] for code, text in WORDS.items()}
    return {
        code: (", ".join(dict.fromkeys(where[code])), " ".join(dict.fromkeys(filter(None, said[code]))))
        for code in sorted(where)
    }


def of_tables() -> Iterator[Found]:
    """Codes that are values of enumerations, with the sentences that pages have for them."""
    yield from ((f"name-{code.value}", "409", str(text)) for code, text in NAME_SENTENCES.items())
    yield from ((code.value, "409", str(text)) for code, text in TARGET_SENTENCES.items())
    for code in (*rules.NameRule, *preview.RowProblem, *passwords.PasswordRule):
        yield str(code), "`errors`", str(words.FAULTS.get(code, ""))
    yield from ((code, "409", str(text)) for code, text in rule_words.FAULTS.items())
    yield from ((str(code), "409", str(words.REFUSALS[code])) for code in Refusal if code in words.REFUSALS)
    yield from ((str(question), "409", words.question_words(question)) for question in OpenQuestion)
    yield from ((code, "jobs", str(text)) for code, text in PROVIDER_ERRORS.items())
    for status, (code, text) in OF_REQUESTS.items():
        yield code, str(status), text


def _of_sources() -> Iterator[Found]:
    for app in APPS:
        for path in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            if not {"management", "views", "migrations"} & set(path.parts):
                yield from refusals_in(path)


def refusals_in(path: Path) -> Iterator[Found]:
    """Codes that the module names itself where it refuses, and the words beside them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    refusing = {"Refused": 0, "Problem": 1, "problem": 1}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and "Refused" in {ast.unparse(base) for base in node.bases}:
            calls = [(call, 0) for call in ast.walk(node) if isinstance(call, ast.Call) and _is_init(call)]
        elif isinstance(node, ast.Call) and _name(node) in refusing:
            calls = [(node, refusing[_name(node)])]
        else:
            continue
        for call, at in calls:
            code = _text(call.args[at], texts) if len(call.args) > at else ""
            if code:
                status = ast.unparse(call.args[0]) if at else "409"
                yield code, status, _text(call.args[at + 1], texts) if len(call.args) > at + 1 else ""


def _is_init(call: ast.Call) -> bool:
    return ast.unparse(call.func) == "super().__init__"


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _text(node: ast.expr, texts: dict[str, ast.expr]) -> str:
    """What is written there: a literal, one that is marked for translation, or a name that stands for one."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.BinOp):
        return _text(node.left, texts)
    if isinstance(node, ast.Call) and node.args and _name(node) in {"_", "gettext", "ngettext", "gettext_lazy"}:
        return _text(node.args[-2] if _name(node) == "ngettext" else node.args[0], texts)
    if isinstance(node, ast.Name) and node.id in texts and not isinstance(texts[node.id], ast.Name):
        return _text(texts[node.id], texts)
    return ""
