"""The panel's settings for tests: a VAR_DIR of their own in each process, no network, cheap password hashes.

DATABASE_URL and REDIS_URL decide, as ever, between SQLite with the filesystem broker and PostgreSQL with Redis.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_var = tempfile.mkdtemp(prefix="configureme-tests-")
atexit.register(shutil.rmtree, _var, ignore_errors=True)

os.environ |= {
    "VAR_DIR": _var,
    "SECRET_KEY": "not secret: for tests only",
    "ENCRYPTION_KEYS": "dGVzdHMgb25seTogbm90IGEgc2VjcmV0IGtleSAuLi4=",
    "PUBLIC_URL": "http://localhost:8000",
    "EMAIL_URL": "",
    "DNS_RESOLVERS": "127.0.0.1:9",  # nobody answers there: a test that asks the DNS brings its server
    "DNS_STUB_ZONES": "",
    "DNS_AUTHORITATIVE_PORT": "53",
    "ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
    "DEMO": "0",
    "DEBUG": "0",
}

if os.environ.get("REDIS_URL"):
    # Each of pytest's processes its own database of the server: nobody's worker takes another's messages.
    _server, _, _ = os.environ["REDIS_URL"].rpartition("/")
    _number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    os.environ["REDIS_URL"] = f"{_server}/{int(_number) + 1}"

from panel.settings import *  # noqa: E402, F403
from panel.settings import DATABASES, SPOOL_DIR, STORAGES, VAR_DIR  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production: threads and processes meet the locks that they will meet there.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
STORAGES |= {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

for _folder in (
    *(SPOOL_DIR / name for name in ("messages", "control", "processed")),
    Path(_var, "mail"),
    Path(_var, "static"),
):
    _folder.mkdir(parents=True)
