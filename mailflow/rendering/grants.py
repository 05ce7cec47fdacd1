"""The servers' roles on PostgreSQL, as SQL: managed databases withhold CREATE ROLE from the panel, so they are no
migration."""

from __future__ import annotations

from ..making import grants
from ..sql import READER, WRITER

HEADER = """\
-- Written by `manage.py mailflow render`. Run it once as whoever may make roles, then give them passwords:
--   ALTER ROLE {reader} PASSWORD '…'; ALTER ROLE {writer} PASSWORD '…';
-- and tell them to the mail servers: MAIL_READER_URL, MAIL_WRITER_URL. Migrations keep what is granted here.
"""

ROLE = """\
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} LOGIN; END IF;
END $$;
"""


def grants_sql() -> str:
    text = HEADER.format(reader=READER, writer=WRITER)
    for role in (READER, WRITER):
        text += ROLE.format(role=role) + "".join(f"{statement};\n" for statement in grants(role))
    # Planning the views' joins in the order in which they are written costs a third, where somebody does not prepare.
    return text + f"ALTER ROLE {READER} SET join_collapse_limit = 1;\n"
