"""The operations, by subject. Importing this package makes them part of the API."""

from . import accounts, activity, domains, jobs, organizations, orders, runs, services, webhooks  # noqa: F401
