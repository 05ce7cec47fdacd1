"""No outbound call runs in a request: pages have workers ask (`domains.readings`)."""

from __future__ import annotations

from .test_imports import imported, sources

# What asks somebody outside, by module and by name.
MODULES = (
    *("socket", "ssl", "smtplib", "http.client", "urllib.request", "requests"),
    *("dns.query", "dns.resolver", "dns.xfr", "lexicon"),
    *("domains.lookup.engine", "domains.outside", "diagnostics.outside", "identities.outside"),
    *("diagnostics.sweep.sweep", "api.webhooks.http", "api.webhooks.sending"),
)
NAMES = {
    *("domains.asking.engine", "domains.providers.open_provider", "domains.providers.opening.open_provider"),
    *("domains.zones.reading.read_for", "domains.zones.reading.read_zone", "domains.zones.reading.gather"),
    *("domains.zones.changes.run", "domains.zones.changes.resume", "domains.readings.perform"),
    *("domains.reach.addresses_of", "domains.reach.pinned", "domains.reach.require_reachable_target"),
    *("panel.outbox.deliver", "django.core.mail.EmailMessage", "django.core.mail.send_mail"),
}
PURE = {"domains.outside.zone_subject", "domains.outside.ADDED_AT_ONCE"}


# What runs in a request: pages, and the API but for what its workers do.
REQUESTS: tuple[str, ...] = (
    "/views/",
    "/forms.py",
    "/middleware.py",
    "api/operations/",
    "api/schemas/",
    "api/framework.py",
)
REQUESTS += (
    "api/access.py",
    "api/placing.py",
    "api/idempotency.py",
    "api/rates.py",
    "api/paging.py",
    "identities/session.py",
)


def test_views_and_operations_import_nothing_that_asks_outside() -> None:
    views = [source for source in sources() if any(part in source for part in REQUESTS)]
    assert len(views) > 70
    wrong = [
        f"{source} imports {name}"
        for source in views
        for name in imported(source)
        if name not in PURE
        and (name in NAMES or any(name == module or name.startswith(f"{module}.") for module in MODULES))
    ]
    assert not wrong, "\n".join(wrong)
