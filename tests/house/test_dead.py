"""Nothing stands in the program that only its tests use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .test_imports import ROOT, sources, tree_of

# Called by name or by what a framework finds by itself.
FOUND_BY_NAME = re.compile(r"\A(?:_|Command\Z|urlpatterns\Z|app_name\Z|handler[0-9]+\Z|process_view\Z)")
FRAMEWORK = re.compile(r"/(?:migrations|formats|management/commands|templatetags)/|/(?:apps|settings|gunicorn)\.py\Z")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def names_defined(source: str) -> Iterator[tuple[str, int]]:
    """Functions, classes and constants at the top of a module, and public methods and properties of its classes."""
    for node in tree_of(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not (isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list):
                yield node.name, node.lineno
            if isinstance(node, ast.ClassDef) and not node.bases:
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                        yield inner.name, inner.lineno
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.lineno


def uses(source: str) -> Iterator[str]:
    """Names that are read, called or reached in a module, and words of its texts, which may name things; what is only
    imported, defined or told in a docstring is no use."""
    tree = tree_of(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    lists = {
        id(each)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for each in ast.walk(node.value)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if alias.asname)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (told | lists):
            yield from WORD.findall(node.value)


def words_used() -> set[str]:
    used = {name for source in sources() if "/migrations/" not in source for name in uses(source)}
    files = [path for folder in ("templates", "benchmarks") for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in [*files, ROOT / "manage.py", ROOT / "Makefile", ROOT / "pyproject.toml"]:
        used.update(WORD.findall(path.read_text(encoding="utf-8", errors="replace")))
    return used


def test_no_name_is_used_by_tests_alone() -> None:
    words = words_used()
    dead = [
        f"{source}:{line} {name}"
        for source in sources()
        if not FRAMEWORK.search(f"/{source}")
        for name, line in names_defined(source)
        if not FOUND_BY_NAME.match(name) and name not in words
    ]
    assert not dead, "\n".join(dead)
