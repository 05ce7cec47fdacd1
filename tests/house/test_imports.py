"""Imports run one way, and what calls itself pure is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "panel": {"panel"},
    "domains": {"panel", "domains"},
    "identities": {"panel", "domains", "identities"},
    "diagnostics": {"panel", "domains", "diagnostics"},
    "accounts": {"panel", "domains", "accounts"},
    "mailflow": {"panel", "domains", "diagnostics", "accounts", "mailflow"},
    "api": {"panel", "domains", "diagnostics", "accounts", "mailflow", "api"},
}
# A pure module knows no framework, no network, no process and no clock.
IMPURE = {
    "django",
    "celery",
    "kombu",
    "allauth",
    "redis",
    "socket",
    "ssl",
    "asyncio",
    "subprocess",
    "threading",
    "time",
}
# What must stay pure; other modules may say so of themselves too (a docstring with "Pure.").
PURE = (
    "accounts/passwords.py",
    "accounts/rules.py",
    "domains/lookup/answers.py",
    "diagnostics/judge/history.py",
    "diagnostics/judge/__init__.py",
    "domains/rules/verdicts.py",
    "domains/lookup/wire.py",
    "domains/dkim.py",
    "domains/dmarc.py",
    "domains/names.py",
    "domains/zones/plan.py",
    "domains/records.py",
    "domains/rrset.py",
    "domains/spf/__init__.py",
    "mailflow/addresses.py",
    "mailflow/rendering/dovecot.py",
    "mailflow/rendering/postfix.py",
    "mailflow/sql.py",
)


def sources() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for app in MAY_IMPORT for path in (ROOT / app).rglob("*.py"))


@cache
def tree_of(source: str) -> ast.Module:
    return ast.parse((ROOT / source).read_text(encoding="utf-8"))


def imported(source: str) -> Iterator[str]:
    """Dotted names of all that `source` imports, wherever in the file, relative imports resolved."""
    package = source.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def file_of(dotted: str) -> str | None:
    """The project's file that an imported name comes from."""
    parts = dotted.split(".")
    for length in (len(parts), len(parts) - 1):
        stem = "/".join(parts[:length])
        for candidate in (f"{stem}.py", f"{stem}/__init__.py"):
            if stem and (ROOT / candidate).is_file():
                return candidate
    return None


def says_pure(source: str) -> bool:
    return bool(re.search(r"\bPure[.:;]", ast.get_docstring(tree_of(source)) or ""))


def test_imports_run_one_way() -> None:
    backwards = [
        f"{source} imports {name}"
        for source in sources()
        for name in imported(source)
        if name.split(".")[0] in MAY_IMPORT.keys() - MAY_IMPORT[source.split("/")[0]]
    ]
    assert not backwards, "\n".join(backwards)


def test_the_program_does_not_import_its_tests() -> None:
    assert not [
        f"{source} imports {name}"
        for source in sources()
        for name in imported(source)
        if name.split(".")[0] in {"tests", "benchmarks"}
    ]


def test_what_must_be_pure_says_so() -> None:
    assert not [source for source in PURE if not says_pure(source)]


def test_what_says_that_it_is_pure_is_pure() -> None:
    wrong = []
    for source in filter(says_pure, sources()):
        for name in imported(source):
            file = file_of(name)
            if name.startswith(("socket.AF_", "socket.inet_")):  # addresses as octets and as text
                continue
            if name.split(".")[0] in IMPURE or (file and Path(file).name != "__init__.py" and not says_pure(file)):
                wrong.append(f"{source} imports {name}")
    assert not wrong, "\n".join(wrong)
