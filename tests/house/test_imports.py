"""Imports run one way, and what calls itself pure is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
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
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from names_in(node, source)


def names_in(node: ast.Import | ast.ImportFrom, source: str) -> Iterator[str]:
    """Dotted names of what one statement imports, relative imports resolved."""
    package = source.removesuffix(".py").split("/")[:-1]
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    else:
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


# Where modules of an app import each other late, within a function, and why.
LATE = {
    "accounts/sheets/__main__.py": "a process that reads one file loads the reader of its kind alone",
    "mailflow/management/commands/mailflow.py": "on a mail machine each verb loads what it needs alone",
    "panel/gunicorn.py": "read before Django is set up",
    "panel/heartbeat.py": "read with the settings of workers, before Django is set up",
}
# Circles that are left: models of people and organizations write letters and the activity log, whose rows are models.
# The list may get shorter.
CIRCLES = {
    ("panel/activity.py", "panel.models"),
    ("panel/counting.py", "panel.models"),
    ("panel/models/members.py", "panel.outbox"),
    ("panel/models/members.py", "panel.mail"),
    ("panel/models/members.py", "panel.models.services"),
    ("panel/models/organizations.py", "panel.contacts"),
    ("panel/models/services.py", "panel.counting"),
    ("panel/models/services.py", "panel.mail"),
    ("panel/outbox.py", "panel.mail"),
}


def imported_late(source: str) -> Iterator[str]:
    """Modules of its own app that functions of `source` import."""
    for function in ast.walk(tree_of(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    for name in names_in(node, source):
                        file = file_of(name)
                        if file and file.split("/")[0] == source.split("/")[0]:
                            yield file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported_at_the_top(source: str) -> Iterator[str]:
    """Files of the project that must be there before `source` is; not those that only its types name."""
    todo: list[ast.AST] = [tree_of(source)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (file for name in names_in(node, source) if (file := file_of(name)) and file != source)
        else:
            todo += ast.iter_child_nodes(node)


def test_modules_import_each_other_in_no_circle() -> None:
    TopologicalSorter({source: set(imported_at_the_top(source)) for source in sources()}).prepare()


def test_no_circle_hides_in_a_late_import() -> None:
    found = {
        (source, module)
        for source in sources()
        if source not in LATE and not source.endswith("/apps.py")  # ready() comes after the models
        for module in imported_late(source)
    }
    assert found == CIRCLES, sorted(found ^ CIRCLES)


# URLs and templates that an app names of another one, against the direction of imports: pages lead on to each other.
# So many are known; a number may fall, and whoever lets one rise finds another way first (a relation, a setting, a
# partial that the other app loads by itself).
NAMED_ACROSS = {
    ("panel", "domains"): 4,  # the services lead to the wizard
    ("panel", "diagnostics"): 10,
    ("panel", "accounts"): 5,  # a domain leads to its accounts
    ("panel", "mailflow"): 3,
    ("panel", "api"): 2,
    ("panel", "identities"): 5,  # sign-in and one's own page name the providers
    ("domains", "diagnostics"): 13,
    ("domains", "accounts"): 1,
    ("domains", "mailflow"): 1,  # a domain leads to what becomes of its spam
    ("accounts", "diagnostics"): 1,
    ("accounts", "mailflow"): 3,
}
_APP = "|".join(MAY_IMPORT)
_NAMED_IN_CODE = re.compile(rf"""["'](?P<app>{_APP})(?::[a-z_]+|/[a-z_/]+\.(?:html|txt))["'#]""")
_NAMED_IN_PAGE = re.compile(rf"""\{{%\s*(?:url|include|extends)\s+["'](?P<app>{_APP})[:/]""")


def named_across() -> Iterator[tuple[str, str, str]]:
    """The app that names, the app that is named, and where."""
    pages = [str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.*")]
    for source, pattern in [*((s, _NAMED_IN_CODE) for s in sources()), *((page, _NAMED_IN_PAGE) for page in pages)]:
        parts = source.split("/")
        app = parts[0] if parts[0] != "templates" else parts[1]
        app = app if app in MAY_IMPORT else "panel"  # the shell of all pages
        for found in pattern.finditer((ROOT / source).read_text(encoding="utf-8")):
            if found["app"] not in MAY_IMPORT[app]:
                yield app, found["app"], f"{source}: {found[0]}"


def test_urls_and_templates_are_named_across_apps_no_more_than_before() -> None:
    places: dict[tuple[str, str], list[str]] = {}
    for app, other, where in named_across():
        places.setdefault((app, other), []).append(where)
    more = {pair: where for pair, where in places.items() if len(where) > NAMED_ACROSS.get(pair, 0)}
    assert not more, more
