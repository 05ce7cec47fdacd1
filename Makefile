# The commands of Configureme. `make run` is the whole of it; see README.md.

PYTHON ?=
export PYTHON
manage = .venv/bin/python manage.py

.PHONY: run setup password mail test check bench lock

run:  ## set up what is missing, start everything, print where to sign in
	@.ci/venv
	@.venv/bin/python -m panel.environment
	@exec $(manage) run

setup:  ## everything that `make run` does, but the starting
	@.ci/venv
	@.venv/bin/python -m panel.environment
	@$(manage) setup

password:  ## another password for the administrator
	@$(manage) password

mail:  ## Postfix and Dovecot for this installation on high ports, for trying out (as root, on Debian)
	@.ci/venv
	@.venv/bin/python -m panel.environment
	@$(manage) setup --quiet
	@exec $(manage) mailflow up --trial

test:  ## the whole suite on SQLite, then what uses a database on PostgreSQL with Redis
	@.ci/servers
	@.ci/venv dev
	@.ci/test

check:  ## formatting, lint, types, migrations, import rule, translations
	@.ci/venv dev
	@.ci/check

bench:  ## measure the hot paths
	@.ci/servers
	@.ci/venv dev
	@.venv/bin/python -m benchmarks

lock:  ## resolve the .in files again into the lock files
	@.ci/venv dev
	@.ci/lock
