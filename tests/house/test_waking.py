"""Tasks are sent from one place, which no broker that is away can break."""

from __future__ import annotations

import ast

from .test_imports import sources, tree_of


def test_tasks_are_sent_by_the_one_helper() -> None:
    senders = {
        source
        for source in sources()
        for node in ast.walk(tree_of(source))
        if isinstance(node, ast.Attribute) and node.attr in {"delay", "apply_async", "send_task", "delay_on_commit"}
    }
    assert senders == {"panel/waking.py"}
