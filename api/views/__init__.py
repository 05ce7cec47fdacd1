"""Pages about the API: tokens, webhooks and their log."""
