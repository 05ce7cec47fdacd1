# The commands of Configureme. `make run` is the whole of it; see README.md.

PYTHON ?=
export PYTHON
manage = .venv/bin/python manage.py

.PHONY: run setup password test check bench lock

run:  ## set up what is missing, start everything, print where to sign in
	@scripts/venv
	@.venv/bin/python -m panel.environment
	@exec $(manage) run

setup:  ## everything that `make run` does, but the starting
	@scripts/venv
	@.venv/bin/python -m panel.environment
	@$(manage) setup

password:  ## another password for the administrator
	@$(manage) password

test:  ## the whole suite on SQLite, and again on PostgreSQL with Redis
	@scripts/servers
	@scripts/venv dev
	@scripts/test

check:  ## formatting, lint, types, migrations, import rule, translations
	@scripts/venv dev
	@scripts/check

bench:  ## measure the hot paths
	@scripts/venv dev
	@.venv/bin/python -m benchmarks

lock:  ## resolve the .in files again into the lock files
	@scripts/venv dev
	@scripts/lock
