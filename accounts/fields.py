from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class HeldTextField(models.TextField):
    """Text whose parts are searched for, with the look-up `holds`, by an index over its trigrams."""


class BytewiseCharField(models.CharField):
    """Text compared byte by byte in every database, so that an index serves ranges: `k >= "an" AND k < "an\U0010ffff"`.

    SQLite compares so anyhow; PostgreSQL would use the database's collation.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters
