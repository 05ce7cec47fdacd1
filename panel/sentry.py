"""Errors to Sentry, where SENTRY_DSN says so; else its library is not even loaded."""

from __future__ import annotations

from typing import Any

from .logs import HIDDEN, SECRET_NAMES, hide

# A log line's parameters stand apart from the words that tell what they are; its finished text says them too.
LEFT_OUT = {"sys.argv", "params"}


def start(dsn: str, environment: str) -> None:
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,  # they hold passwords while accounts are configured
        max_request_body_size="never",
        traces_sample_rate=0.0,
        before_send=without_secrets,
        before_breadcrumb=without_secrets,
    )


def without_secrets(event: Any, hint: Any = None) -> Any:
    """All its texts, wherever they stand, without what lets somebody in; no cookies, headers or forms."""
    if isinstance(event, dict):
        if isinstance(event.get("request"), dict):
            event["request"] = {name: event["request"].get(name) for name in ("method", "url")}
        return {
            name: HIDDEN if SECRET_NAMES.search(name) else without_secrets(value)
            for name, value in event.items()
            if name not in LEFT_OUT
        }
    if isinstance(event, list):
        return [without_secrets(value) for value in event]
    return hide(event) if isinstance(event, str) else event
