"""Schemathesis against the live server: whatever is asked, answers are what the description says, and none is a fault.

A few examples of each operation here; `FUZZ_EXAMPLES=100` makes it so many, and tries every limit of the description.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from panel.models import Platform
from tests.factories import make_order, make_run, make_tenant

from .conftest import make_token

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "")
PHASES = "examples,coverage,fuzzing" if EXAMPLES else "fuzzing"
# What the schema allows may still be refused by a rule, with 409 or 422: that is no fault.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,negative_data_rejection,unsupported_method,ignored_auth"
)


@pytest.mark.parametrize("who", ["staff", "organization"])
def test_answers_are_what_the_description_says(live_server: Any, settings: Any, tmp_path: Path, who: str) -> None:
    settings.API_RATE = settings.API_STRANGERS_RATE = 10**9
    tenant = make_tenant()
    Platform.objects.update(is_default=True)
    secret = make_token(None if who == "staff" else tenant.organization)[1]
    values = {
        "service_name": tenant.service.name,
        "code": tenant.organization.code,
        "name": tenant.domain.name.name,
        "account_id": tenant.account.pk,
        "order_id": make_order(tenant.service).pk,
        "run_id": make_run(tenant.service).pk,
    }
    lines = ["[parameters]", *(f'"path.{name}" = {value!r}' for name, value in values.items())]
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text("\n".join(lines).replace("'", '"') + "\n")
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(configuration), "run"]
    command += [f"{live_server.url}/api/v1/openapi.json", "--header", f"Authorization: Bearer {secret}"]
    command += ["--checks", CHECKS, "--max-examples", EXAMPLES or "2", "--phases", PHASES]
    command += [
        "--request-timeout",
        "30",
        "--suppress-health-check",
        "all",
        "--no-color",
        "--generation-database",
        "none",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert ended.returncode == 0, ended.stdout[-15000:] + ended.stderr[-3000:]
