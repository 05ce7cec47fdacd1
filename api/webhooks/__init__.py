"""Webhooks: events are written down where they happen, and sent by workers."""
