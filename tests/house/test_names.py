"""One word, one class: what a name says in one place it says in all."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator

from .test_imports import sources, tree_of

APPS = ("domains", "diagnostics", "accounts", "panel")
AROUND = ("identities", "mailflow", "api")  # their own names may meet; those of accounts they leave alone
ALSO_ELSEWHERE = {"Address"}  # a table of accounts, and an address as the mail servers write it
MANY_FIELDS = 5  # of a dataclass: from six on its constructor is called by keyword
BY_POSITION = 3


def classes(apps: Collection[str] = APPS) -> Iterator[tuple[str, str, ast.ClassDef]]:
    """Name, file and definition of every class at the top of a module."""
    for source in sources():
        if source.split("/")[0] in apps and "/migrations/" not in source:
            for node in tree_of(source).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    yield node.name, source, node


def test_no_class_name_stands_for_two_things() -> None:
    found = defaultdict(list)
    for name, source, _ in classes():
        if name != "Command":  # of manage.py, one a file
            found[name].append(source)
    twice = {name: where for name, where in found.items() if len(where) > 1}
    assert not twice, twice


def test_no_other_app_has_a_class_named_as_one_of_accounts() -> None:
    named = {name for name, _, _ in classes({"accounts"})} - {"Command"} - ALSO_ELSEWHERE
    again = [f"{source} {name}" for name, source, _ in classes(AROUND) if name in named]
    assert not again, "\n".join(again)


def fields_of(node: ast.ClassDef) -> int:
    if not any("dataclass" in ast.unparse(each) for each in node.decorator_list):
        return 0
    return sum(isinstance(each, ast.AnnAssign) and "ClassVar" not in ast.unparse(each.annotation) for each in node.body)


def test_what_has_many_fields_is_made_by_keyword() -> None:
    many = {
        name for name, source, node in classes() if fields_of(node) > MANY_FIELDS and not source.startswith("panel/")
    }
    wrong = [
        f"{source}:{node.lineno} {node.func.id}"
        for source in sources()
        if source.startswith(("domains/", "diagnostics/", "accounts/"))
        for node in ast.walk(tree_of(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in many
        and len(node.args) > BY_POSITION
    ]
    assert not wrong, "\n".join(wrong)
