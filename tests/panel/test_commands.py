"""The base of the command line's verbs."""

from __future__ import annotations

import io
import json
from argparse import ArgumentParser
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from panel.commands import Done, Verb, language_of_environment


class Fetch(Verb):
    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("thing", choices=["stick", "ball", "cat"])

    def act(self, *, thing: str, **options: Any) -> Done:
        if thing == "cat":
            self.refuse("no-cats", "Cats are not fetched.")
        if thing == "ball":
            self.misused("Which ball?")
        return Done({"fetched": thing}, f"Fetched the {thing}.")


def run(*argv: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        Fetch(stdout=out, stderr=err).run_from_argv(["manage.py", "fetch", *argv])
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_a_verb_says_what_it_did() -> None:
    assert run("stick") == (0, "Fetched the stick.\n", "")


def test_json_is_all_that_stdout_carries() -> None:
    status, out, err = run("stick", "--json")
    assert (status, json.loads(out), err) == (0, {"fetched": "stick"}, "")


def test_a_refusal_ends_with_1_and_the_reason() -> None:
    assert run("cat") == (1, "", "Cats are not fetched.\n")
    status, out, err = run("cat", "--json")
    assert status == 1
    assert json.loads(out) == {"refused": "no-cats", "reason": "Cats are not fetched."}
    assert err == "Cats are not fetched.\n"


@pytest.mark.parametrize("argv", [(), ("cow",), ("stick", "--wrong"), ("ball",), ("stick", "--json", "more")])
def test_wrong_usage_ends_with_3(argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(*argv)
    assert (status, out) == (3, "")
    assert err


def test_wrong_usage_from_code_is_an_exception() -> None:
    with pytest.raises(CommandError) as caught:
        call_command(Fetch(), "cow")
    assert caught.value.returncode == 3


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"LANG": "pl_PL.UTF-8"}, "pl"),
        ({"LC_ALL": "en_GB.UTF-8", "LANG": "pl_PL"}, "en"),
        ({"LC_MESSAGES": "pl"}, "pl"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "cs_CZ@latin"}, "en"),
        ({}, "en"),
    ],
)
def test_words_are_in_the_language_of_the_environment(
    environment: dict[str, str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language_of_environment() == code
