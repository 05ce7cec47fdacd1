"""Self-service: what the owner of a mailbox does with its address and password, and without a seat in the panel."""
