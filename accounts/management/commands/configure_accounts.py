"""`manage.py configure_accounts SERVICE FILE`: configure the accounts of a table, with no worker."""

from __future__ import annotations

import csv
import os
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import batch, tables
from accounts.columns import Field
from accounts.models import BulkRow, BulkRun
from accounts.preview import Fault, RowOutcome
from accounts.runs import checking, engine, loading, results, selecting
from accounts.runs.checking import Checker, check_again
from accounts.runs.engine import Progress
from accounts.runs.said import QuestionsOpen, Said, read_as, reading_lines, remarks_of, said_by, settled
from accounts.words import STOPS, change_words, fault_words, place_words, refusal_words
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, service_named
from panel.errors import Refused
from panel.models import Service

SOME_REFUSED, NOTHING_DONE = 1, 2
POLL = 0.5  # seconds between looks at a run that others work on
State = BulkRun.State


class Command(Verb):
    help = (
        "Configure accounts from a CSV, XLSX or ODS file. The same file again finishes what was interrupted. "
        "Exit status 0: all done; 1: some rows refused; 2: nothing done; 3: wrong usage."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", metavar="SERVICE")
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument(
            "--update", action="store_true", help="change accounts that are there; empty cells change nothing"
        )
        parser.add_argument("--create", action="store_true", help="with --update: configure rows without an account")
        parser.add_argument(
            "--change-passwords", action="store_true", help="set the file's passwords for accounts that are there, too"
        )
        parser.add_argument("--results", metavar="OUT.csv", type=Path, help="write a line for each row")
        parser.add_argument(
            "--column",
            metavar="FIELD=HEADING|NUMBER",
            action="append",
            default=[],
            help="what a column holds: " + ", ".join(field for field in Field if field is not Field.IGNORE),
        )
        parser.add_argument(
            "--ignore",
            metavar="HEADING|NUMBER",
            action="append",
            default=[],
            help="leave a column out, even if it looks like passwords",
        )
        parser.add_argument("--headings", metavar="ROW|none", default="", help="the row that has the headings")
        parser.add_argument("--sheet", metavar="NAME", default="", help="the sheet of the workbook")
        parser.add_argument("--encoding", default="", help="of a text file: " + ", ".join(tables.ENCODINGS))
        parser.add_argument("--delimiter", default="", help="of a text file: a character, or comma, semicolon, tab, …")
        parser.add_argument("--domain", default="", help="the domain of addresses that have none")

    def act(self, *, service: str, file: Path, dry_run: bool, results: Path | None, **options: Any) -> Done:
        if options["create"] and not options["update"]:
            self.misused(_("--create goes with --update: without it, every row configures an account."))
        mode = BulkRun.Mode.CONFIGURE
        if options["update"]:
            mode = BulkRun.Mode.BOTH if options["create"] else BulkRun.Mode.UPDATE
        self._purpose = {"mode": mode, "change_passwords": options["change_passwords"]}
        said = self._said(options)
        try:
            size = file.stat().st_size
            if size > settings.BULK_MAX_BYTES:
                raise tables.TableRefused(tables.Refusal.BYTES, limit=settings.BULK_MAX_BYTES)
            data = file.read_bytes()
        except OSError as error:
            self.misused(f"{file}: {error.strerror}")
        except tables.TableRefused as refused:
            return self._nothing(refused.code, refusal_words(refused))
        if results is not None and not _writable(results, beside=file):
            self.misused(_("%(file)s cannot be written.") % {"file": results})
        try:
            found = service_named(service)
            if dry_run:
                return self._dry_run(found, data, results, said)
            return self._configure(found, data, os.fsencode(file.name).decode(errors="replace"), results, said)
        except OSError as error:  # what was done stays, and its results are there to be fetched
            self.misused(f"{error.filename or results}: {error.strerror}")
        except tables.TableRefused as refused:
            return self._nothing(refused.code, refusal_words(refused))
        except QuestionsOpen as asked:
            return self._asked(asked)
        except Refused as refused:
            return self._nothing(refused.code, str(refused))

    def _nothing(self, code: str, reason: str) -> Done:
        self.say(reason)
        return Done({"refused": code, "reason": reason}, status=NOTHING_DONE)

    def _said(self, options: dict[str, Any]) -> Said:
        """The options that say how the file is to be read. Ends with status 3 where one cannot be understood."""
        try:
            return said_by(options)
        except ValueError as error:
            self.misused(str(error))

    def _asked(self, asked: QuestionsOpen) -> Done:
        """What a page would ask: nothing is done, and the option that answers is named."""
        self.say("\n".join([*reading_lines(asked.read), *asked.lines()]))
        return Done(
            {"refused": asked.code, "reason": str(asked), "questions": asked.questions, "read": asked.read}, "", 2
        )

    # The run

    _purpose: dict[str, Any]  # what a run is for: its mode and whether it changes passwords

    def _configure(self, service: Service, data: bytes, filename: str, out: Path | None, said: Said) -> Done:
        run = self._run_of(service, data, filename, said, fetch=out is not None)
        self._checked(run)
        self._begin(run)
        self._work(run)
        run.refresh_from_db()
        if run.state == State.STOPPED and not run.done:
            run.service.refresh_from_db()
            run.service.require_open()
        answers = self._answers(run, out)
        refused = sum(bool(answer.row.faults) for answer in answers)
        left = 0 if run.is_over else run.left
        return self._report(run, run.done, run.already, refused, answers, left=left)

    @transaction.atomic
    def _answers(self, run: BulkRun, out: Path | None) -> list[results.RowResult]:
        """The rows with what became of them. Under the run's row, so that two commands hand nothing out twice."""
        BulkRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        run.refresh_from_db()
        answers = results.results_of(run)
        if out is not None:
            self._write(out, results.results_csv(run, answers))
            results.mark_handed_out(run)
        return answers

    @transaction.atomic
    def _run_of(self, service: Service, data: bytes, filename: str, said: Said, *, fetch: bool) -> BulkRun:
        """The interrupted run of this file; else a finished one whose results nobody has and that was not undone
        since; else a new one.

        Under the service's row: two commands with one file work on one run.
        """
        batch.locked(service.pk)
        file = loading.fingerprint(service, data, said.text)
        runs = BulkRun.objects.filter(service=service, fingerprint=file, by=None, **self._purpose)
        for run in runs.select_related("service__organization"):
            if not run.is_over or (fetch and results.to_hand_out(run) and selecting.undoable(run)):
                return run
        run = loading.upload(service, data, filename, by=COMMAND_LINE, owner=True, choices=said.choices, said=said.text)
        checking.set_mode(run, **self._purpose)
        fields = settled(run, data, said)
        loading.begin_check(run, fields, said.domain, BulkRun.Way.PASSWORDS, ignored=said.ignored_in(run))
        return run

    def _checked(self, run: BulkRun) -> None:
        """Have the rows of the run judged, by this process or by another one that is at it."""
        while run.state in {State.COLUMNS, State.CHECKING}:
            if not loading.check(run):
                time.sleep(POLL)
                run.refresh_from_db()

    def _begin(self, run: BulkRun) -> None:
        """Start the run or go on with it, unless another command with the same file has done so meanwhile."""
        if run.state == State.PREVIEW:
            check_again(run)
            run.refresh_from_db()
        try:
            if run.state == State.STOPPED:
                engine.go_on(run)
            elif run.state == State.PREVIEW and run.left:
                engine.start(run)
            elif run.state == State.PREVIEW:
                engine.close_untouched(run)
        except Refused as refused:
            if refused.code != "wrong-state":
                raise
            run.refresh_from_db()

    def _work(self, run: BulkRun) -> None:
        threads = os.cpu_count() or 1
        while engine.work(run.pk, threads=threads, told=self._draw) is Progress.WAITING:
            time.sleep(POLL)
        if sys.stderr.isatty():
            self.stderr.write("")

    def _draw(self, run: BulkRun) -> None:
        if not sys.stderr.isatty():
            return
        part = (run.total - run.left) / max(1, run.total)
        bar = "#" * int(part * 40)
        self.stderr.write(f"\r[{bar:<40}] {part:4.0%}  {run.done} / {run.total}", ending="")
        self.stderr.flush()

    # Only saying what would happen

    def _dry_run(self, service: Service, data: bytes, out: Path | None, said: Said) -> Done:
        service.require_open()
        run = BulkRun(service=service, kind=BulkRun.Kind.CONFIGURE, by_owner=True, **self._purpose)
        run.default_domain = said.domain
        loading.reshape(run, data, said.choices)
        run.columns = list(settled(run, data, said))
        checker = Checker(run)
        answers = []
        for _lines, rows, verdicts in loading.judged(run, data, checker):
            for row, verdict in zip(rows, verdicts, strict=True):
                answers.append(results.RowResult(BulkRow(number=row.line, **checker.columns_of(row, verdict))))
        if out is not None:
            self._write(out, results.results_csv(run, answers))
        good = sum(answer.row.state == RowOutcome.GOOD for answer in answers)
        return self._report(run, good, checker.already, checker.bad, answers, dry=True)

    # Answers

    def _write(self, out: Path, lines: Iterable[str]) -> None:
        """Wholly or not at all: the results may hold the only copy of passwords."""
        if out.exists() and not out.is_file():  # a pipe, a device
            with out.open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(lines)
            return
        out = out.resolve()
        part = out.with_name(out.name + ".part")
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        if _has_passwords(out) and out.read_bytes() != part.read_bytes():
            kept = _free_name(out)
            out.rename(kept)
            words = _("The passwords that were in %(file)s are kept in %(kept)s.")
            self.say(words % {"file": out.name, "kept": kept.name})
        part.replace(out)

    def _report(
        self,
        run: BulkRun,
        done: int,
        already: int,
        refused: int,
        answers: list[results.RowResult],
        *,
        left: int = 0,
        dry: bool = False,
    ) -> Done:
        rows = [answer.row for answer in answers]
        named = [reason for row in rows for reason in _reasons(run, row)]
        changes = [change for row in rows if row.state in _CHANGED for change in _changes(row)]
        remarked = [_named(run, *remark) for remark in remarks_of(answers)]
        updated = sum(row.state in _CHANGED and row.action == BulkRow.Action.UPDATE for row in rows)
        sources = Counter(row.password_from for row in rows if row.state in _CHANGED)
        read = read_as(run)
        data = {
            "service": run.service.name,
            "run": run.pk,
            "rows": run.total,
            "done": done,
            "updated": updated,
            "already": already,
            "refused": refused,
            "left": left,
            "passwords": {source: sources[source] for source in BulkRow.PasswordFrom.values},
            "reasons": named,
            "changes": changes,
            "remarks": remarked,
            "read": read,
        }
        line = _("line %(line)s, %(column)s: %(reason)s (%(address)s)")
        text = reading_lines(read)
        text += [line % {**remark, "address": remark["address"] or "–"} for remark in remarked]
        for reason in named:
            text.append(line % {**reason, "address": reason["address"] or "–"})
            if "suggestion" in reason:
                text.append("  " + _("probably meant: %(suggestion)s") % reason)
        text += [_("line %(line)s, %(address)s: %(words)s") % change for change in changes]
        if done and sources:
            labels = [(label, sources[value]) for value, label in BulkRow.PasswordFrom.choices if sources[value]]
            text.append(_("Passwords: %(list)s.") % {"list": ", ".join(f"{count} {label}" for label, count in labels)})
        summary = _("%(done)d configured, %(already)d already done, %(refused)d refused.")
        if run.updates or updated:
            summary = _("%(done)d configured, %(updated)d updated, %(already)d already done, %(refused)d refused.")
        counts = {"done": done - updated, "updated": updated, "already": already, "refused": refused}
        text.append(summary % counts)
        if dry:
            text.append(_("A dry run: nothing was changed."))
        if left:
            data["stopped"] = run.stop_code
            text.append(
                _("The run was stopped; rows left: %(left)d. Run the same file again to continue.") % {"left": left}
            )
            text.append(str(STOPS.get(run.stop_code, "")))
        status = 0 if not refused and not left else SOME_REFUSED if done or already else NOTHING_DONE
        return Done(data, "\n".join(text), status)


_CHANGED = {BulkRow.State.DONE, BulkRow.State.GOOD}  # good: in a dry run, or left for later


def _reasons(run: BulkRun, row: BulkRow) -> Iterator[dict[str, str | int]]:
    """Each fault of a row, with the suggestion where there is one."""
    for code, field, facts in row.faults:
        named = _named(run, row.number, row.address, Fault(code, checking.column_of(run, Field(field)), facts))
        yield named | ({"suggestion": facts["suggestion"]} if "suggestion" in facts else {})


def _changes(row: BulkRow) -> Iterator[dict[str, Any]]:
    """Old and new of each field that a row updates; of a password only that it is another one."""
    for change in row.changes:
        field, old, new = change
        known = {"line": row.number, "address": row.address, "field": field, "words": change_words(change)}
        yield known | ({} if field == Field.PASSWORD else {"old": old, "new": new})


def _writable(out: Path, *, beside: Path) -> bool:
    """Whether results can be written there. A file is replaced by a new one, so its folder counts too; the table
    itself is not replaced, since the same file again is how one goes on."""
    if out.is_dir() or (out.exists() and out.samefile(beside)):
        return False
    if out.exists() and not out.is_file():
        return os.access(out, os.W_OK)
    return os.access(out.resolve().parent, os.W_OK) and (not out.exists() or os.access(out, os.W_OK))


def _has_passwords(out: Path) -> bool:
    """Whether these are results with passwords: once they were handed out, nothing else has them."""
    if not out.is_file():
        return False
    try:
        with out.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            told = len(next(lines, [])) - 1
            return told > 0 and any(cells[told:] and cells[told] for cells in lines)
    except (UnicodeDecodeError, csv.Error):
        return False


def _free_name(out: Path) -> Path:
    """A name beside `out` that no file has."""
    number = 1
    while (name := out.with_name(f"{out.name}.{number}")).exists():
        number += 1
    return name


def _named(run: BulkRun, line: int, address: str, fault: Fault) -> dict[str, str | int]:
    return {
        "line": line,
        "column": _column(run, fault.field),
        "address": address,
        "code": str(fault.code),
        "reason": fault_words(fault.code, fault.facts),
    }


def _column(run: BulkRun, field: Field) -> str:
    """The heading that the file has for a field, else ours."""
    if run.heading and field is not Field.IGNORE and field in run.columns:
        index = run.columns.index(field)
        if index < len(run.heading) and run.heading[index]:
            return str(run.heading[index])
    return place_words(field)
