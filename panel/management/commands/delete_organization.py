"""`manage.py delete_organization CODE`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, organization_named


class Command(Verb):
    help = "Delete an organization and all that belongs to it, after days of grace in which that can be withdrawn."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE")
        parser.add_argument(
            "--days", type=int, help=f"of grace (default: DELETION_GRACE_DAYS, {settings.DELETION_GRACE_DAYS})"
        )
        parser.add_argument("--withdraw", action="store_true", help="do not delete it after all")

    def act(self, *, code: str, days: int | None, withdraw: bool, **options: Any) -> Done:
        organization = organization_named(code)
        if withdraw:
            organization.withdraw_deletion(actor=COMMAND_LINE)
            return Done({"code": organization.code, "deletes_at": None}, _("It is not deleted. It stays suspended."))
        if days is not None and days < 0:
            self.misused(_("--days is a whole number, 0 or more."))
        organization.request_deletion(actor=COMMAND_LINE, days=days)
        day = date_format(organization.deletes_at, "DATETIME_FORMAT") if organization.deletes_at else ""
        words = _("%(code)s is suspended now and is deleted after %(day)s.") % {"code": organization.code, "day": day}
        return Done({"code": organization.code, "deletes_at": organization.deletes_at}, words)
