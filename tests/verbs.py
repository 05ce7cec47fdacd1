"""Calling the command line's verbs inside a test's transaction."""

from __future__ import annotations

import io
import json
from typing import Any

from django.core.management import CommandError, call_command


def run(name: str, *argv: str) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(name, *argv, stdout=out, stderr=err)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), f"{err.getvalue()}{error}\n"
    return 0, out.getvalue(), err.getvalue()


def answer(name: str, *argv: str) -> tuple[int, Any]:
    """Exit status, and what --json says."""
    status, out, _err = run(name, *argv, "--json")
    return status, json.loads(out)
