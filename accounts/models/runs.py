from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.secrets import EncryptedTextField

from .. import preview
from ..preview import Way as PreviewWay

if TYPE_CHECKING:
    from panel.actors import Actor

HANDED_OUT_WITHIN = timedelta(hours=24)  # generated passwords and links are kept no longer


class BulkRun(models.Model):
    """Many accounts changed in one go: a table to configure, or an action on a selection.

    Its rows say what is done and what is left, so any worker can go on where another one stopped.
    """

    class Kind(models.TextChoices):
        CONFIGURE = "configure", _("configure accounts")
        SUSPEND = "suspend", _("suspend accounts")
        RESUME = "resume", _("resume accounts")
        RESET = "reset", _("delete accounts")
        PASSWORDS = "passwords", _("new passwords")
        MOVE = "move", _("move accounts to another domain")
        UNDO = "undo", _("undo a run")

    class State(models.TextChoices):
        COLUMNS = "columns", _("columns to be confirmed")
        CHECKING = "checking", _("being checked")
        PREVIEW = "preview", _("waiting to be applied")
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")
        DONE = "done", _("done")
        NOTHING = "nothing", _("nothing done")
        DISCARDED = "discarded", _("discarded")  # on its way to deletion; no page shows it

    class Way(models.TextChoices):
        PASSWORDS = PreviewWay.PASSWORDS.value, _("passwords from the file, or generated")
        MAIL = PreviewWay.MAIL.value, _("a link to set the password, sent to the contact address")
        SLIPS = PreviewWay.SLIPS.value, _("a link to set the password, printed on slips")

    class Mode(models.TextChoices):
        CONFIGURE = preview.TableMode.CONFIGURE.value, _("configure accounts")
        UPDATE = preview.TableMode.UPDATE.value, _("update existing accounts")
        BOTH = preview.TableMode.UPDATE_OR_CONFIGURE.value, _("update existing accounts, configure the others")

    service = models.ForeignKey("panel.Service", on_delete=models.CASCADE, related_name="bulk_runs")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State)
    way = models.CharField(max_length=10, choices=Way, default=Way.PASSWORDS)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.CONFIGURE, db_default=Mode.CONFIGURE)
    change_passwords = models.BooleanField(default=False, db_default=False)  # of accounts that are there, too
    all_or_nothing = models.BooleanField(default=False)
    by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    by_label = models.CharField(max_length=254, blank=True, default="", db_default="")  # a token's, without `by`
    by_owner = models.BooleanField(default=False)  # may configure reserved names
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    touched_at = models.DateTimeField(default=timezone.now)  # a person or a worker went on with it
    started_at = models.DateTimeField(null=True)  # of this stretch: a resumed run starts again
    started_with = models.PositiveIntegerField(default=0)  # rows finished before this stretch
    finished_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    stopped_label = models.CharField(max_length=254, blank=True, default="", db_default="")  # without `stopped_by`
    stop_code = models.CharField(max_length=40, blank=True, default="", db_default="")  # of accounts.words.STOPS

    # The table, until its columns are confirmed.
    filename = models.CharField(max_length=255, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)  # keyed digest of the file
    source = models.BinaryField(default=b"")  # the file under the run's key
    format = models.CharField(max_length=8, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    heading = models.JSONField(default=list)  # texts of the heading row; empty where the table has none
    columns = models.JSONField(default=list)  # a field of accounts.columns for each column
    reading = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))  # how: `accounts.reading`
    default_domain = models.CharField(max_length=253, blank=True)
    key = EncryptedTextField(blank=True)  # of this run's secrets; erased when nothing needs it any more

    # What a run over existing accounts is made of, while they are listed: ticked ids or what a list asked for, and how
    # far the listing is (`runs/selecting.py`).
    selection = models.JSONField(null=True)
    entry = models.ForeignKey("panel.Activity", on_delete=models.SET_NULL, null=True, related_name="+")  # when it ended
    target = models.ForeignKey("domains.Domain", on_delete=models.SET_NULL, null=True, related_name="+")  # of a move
    undoes = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="undone_by")

    total = models.PositiveIntegerField(default=0)
    already = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)  # refused at the check
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)  # refused when applied
    left_out = models.PositiveIntegerField(default=0, db_default=0)  # by a person, in the preview
    handed_out_at = models.DateTimeField(null=True)  # its generated passwords or links were downloaded

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "touched_at"], name="run_by_state"),
            models.Index(fields=["service", "fingerprint"], name="run_by_file"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"

    @property
    def left(self) -> int:
        return max(0, self.total - self.already - self.bad - self.left_out - self.done - self.refused)

    @property
    def updates(self) -> bool:
        """Whether the table changes accounts that are there, and does not only configure slots."""
        return self.kind == self.Kind.CONFIGURE and self.mode != self.Mode.CONFIGURE

    @property
    def title(self) -> str:
        """What it does, in the reader's language."""
        return str(self.Mode(self.mode).label if self.updates else self.Kind(self.kind).label)

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.NOTHING}


class BulkRow(models.Model):
    """One row of a run."""

    class State(models.TextChoices):
        GOOD = "good", _("good")
        ALREADY = "already", _("already done")
        BAD = "bad", _("needs fixing")
        HASHED = "hashed", _("ready")  # all or nothing: waits for the others
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        LEFT_OUT = "left-out", _("left out")

    class Action(models.TextChoices):
        CONFIGURE = preview.RowAction.CONFIGURE.value, _("configure")
        UPDATE = preview.RowAction.UPDATE.value, _("update")

    class PasswordFrom(models.TextChoices):
        FILE = preview.PasswordFrom.FILE.value, _("from the file")
        GENERATED = preview.PasswordFrom.GENERATED.value, _("generated")
        LINK = preview.PasswordFrom.LINK.value, _("set by link")
        KEPT = preview.PasswordFrom.KEPT.value, _("unchanged")

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()  # line of the file, or place in the selection
    state = models.CharField(max_length=8, choices=State)
    address = models.CharField(max_length=320, blank=True)  # normalised
    first_name = models.CharField(max_length=64, blank=True)
    last_name = models.CharField(max_length=64, blank=True)
    display_name = models.CharField(max_length=64, blank=True)
    contact = models.CharField(max_length=320, blank=True)
    slot = models.CharField(max_length=32, blank=True, default="", db_default="")  # token of the slot that it names
    aliases = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))  # to be added
    action = models.CharField(max_length=10, choices=Action, default=Action.CONFIGURE, db_default=Action.CONFIGURE)
    changes = models.JSONField(default=list)  # of an update: [field, old, new]; of a password neither
    password_from = models.CharField(max_length=10, choices=PasswordFrom, blank=True, default="", db_default="")
    suggested = models.BooleanField(default=False, db_default=False)  # a fault has a suggestion
    faults = models.JSONField(default=list)  # [code, field, facts]
    advice = models.JSONField(default=list)  # codes, or [code, field, facts]
    unread = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField())
    )  # [code, facts]: no cell counts
    cells = models.BinaryField(default=b"")  # the row as uploaded, under the run's key; erased when it is done
    secret = models.BinaryField(default=b"")  # a generated password or a link's token, under the run's key
    password_hash = models.CharField(max_length=256, blank=True)  # all or nothing: kept here until all are placed
    account = models.ForeignKey("accounts.EmailAccount", on_delete=models.SET_NULL, null=True, related_name="+")
    mailbox_id = models.UUIDField(null=True)  # of the account as this row left it
    changed_at = models.DateTimeField(null=True)  # likewise
    lease_until = models.DateTimeField(null=True)
    lease_by = models.UUIDField(null=True)
    mailed_at = models.DateTimeField(null=True)  # its letter went into the outbox

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="row_number_unique")]
        indexes = [
            models.Index(fields=["run", "state", "number"], name="row_by_state"),
            models.Index(fields=["run", "address"], name="row_by_address"),
            models.Index(fields=["run", "number"], condition=Q(lease_by__isnull=False), name="row_leased"),
        ]

    def __str__(self) -> str:
        return f"row {self.number}: {self.state}"


def begun_by(actor: Actor) -> dict[str, Any]:
    """The columns of a run that say who began it: a person, or the label of what is none."""
    person = actor.actor_person
    return {"by": person, "by_label": "" if person is not None else actor.actor_label}
