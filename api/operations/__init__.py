"""The operations, by subject. Importing this package makes them part of the API."""

from . import (  # noqa: F401
    accounts,
    activity,
    aliases,
    domains,
    groups,
    jobs,
    mailboxes,
    orders,
    organizations,
    providers,
    runs,
    services,
    spam,
    webhooks,
)
