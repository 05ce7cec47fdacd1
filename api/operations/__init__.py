"""The operations, by subject. Importing this package makes them part of the API."""

from . import accounts, activity, domains, jobs, orders, organizations, runs, services, webhooks  # noqa: F401
