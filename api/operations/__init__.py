"""The operations, by subject. Importing this package makes them part of the API."""

from . import (  # noqa: F401
    accounts,
    activity,
    aliases,
    devices,
    domains,
    groups,
    jobs,
    mailboxes,
    orders,
    organizations,
    providers,
    runs,
    services,
    webhooks,
)
