"""The operations, by subject. Importing this package makes them part of the API."""

from . import (  # noqa: F401
    accounts,
    activity,
    aliases,
    devices,
    domains,
    footers,
    groups,
    inbox_rules,
    jobs,
    mailboxes,
    messages,
    orders,
    organizations,
    providers,
    runs,
    services,
    spam,
    webhooks,
)
