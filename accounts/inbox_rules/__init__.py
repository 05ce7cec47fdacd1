"""Inbox rules and automatic replies of an account: `terms` says what there may be, `sieve` what Dovecot makes of it."""
