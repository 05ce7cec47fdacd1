from __future__ import annotations

from django.db import models


class RunOfToken(models.Model):
    """Which token uploaded a bulk run: what the run generated is handed out to it and to nobody else."""

    run = models.OneToOneField("accounts.BulkRun", on_delete=models.CASCADE, related_name="+", primary_key=True)
    token = models.ForeignKey("api.Token", on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"run {self.run_id} of token {self.token_id}"
