"""Settings of Configureme: everything comes from the environment.

`docs/settings.md` documents each variable with its default. What set-up wrote to `$VAR_DIR/env` fills in
what the process environment does not say.
"""

import ipaddress
import os
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import bootstrap
import dj_database_url
import dj_email_url
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from .environment import DEMO_ZONES

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").absolute()


def _read_env_file(path: Path) -> dict[str, str]:
    """Lines of NAME=VALUE; blank lines and lines that start with # say nothing."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


ENV = _read_env_file(VAR_DIR / "env") | dict(os.environ)


def env(name: str, default: str = "") -> str:
    return ENV.get(name, default)


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


def env_bool(name: str, *, default: bool = False) -> bool:
    return env(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def env_int(name: str, default: int) -> int:
    try:
        return int(env(name, str(default)))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number") from error


def host_port(text: str, default_port: int) -> tuple[str, int]:
    """`host`, `host:port`, `[v6]:port` or a bare IPv6 address."""
    host, port = text, ""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    return host, port_number(port, text) if port else default_port


def port_number(text: str, where: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 0 < number < 65536:
        raise ImproperlyConfigured(f"{where}: a port is a number from 1 to 65535")
    return number


def _port_in_use() -> str:
    """The port of the `make run` that is at work, for commands given beside it; empty where none is."""
    try:
        return (VAR_DIR / "run.lock").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


# Who we are
PORT = port_number(env("PORT") or _port_in_use() or "8000", "PORT")
PUBLIC_URL = (env("PUBLIC_URL") or f"http://localhost:{PORT}").rstrip("/")
try:
    _public = urlsplit(PUBLIC_URL)
    _public_port = _public.port
except ValueError as error:
    raise ImproperlyConfigured(f"PUBLIC_URL: {error}") from error
if _public.scheme not in {"http", "https"} or not _public.hostname:
    raise ImproperlyConfigured("PUBLIC_URL must look like https://panel.example.com")
_loopback = _public.hostname in {"localhost", "127.0.0.1", "::1"}
_secure = _public.scheme == "https"
PANEL_NAME = env("PANEL_NAME", "configureme")
PANEL_LOGO = env("PANEL_LOGO")  # path of an image below VAR_DIR or an address on this panel
SUPPORT_URL = env("SUPPORT_URL")
BILLING_URL = env("BILLING_URL")
SLOT_DOMAIN = env("SLOT_DOMAIN", "configureme.me")

# Secrets
SECRET_KEY = env("SECRET_KEY")
ENCRYPTION_KEYS = env_list("ENCRYPTION_KEYS")  # Fernet keys: the first encrypts, all decrypt

# Django
DEBUG = env_bool("DEBUG")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] if _loopback else [_public.hostname]
ALLOWED_HOSTS += env_list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
if _loopback:
    _port = f":{_public_port}" if _public_port else ""
    CSRF_TRUSTED_ORIGINS += [f"http://{host}{_port}" for host in ("localhost", "127.0.0.1", "[::1]")]
ROOT_URLCONF = "panel.urls"
WSGI_APPLICATION = "panel.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "panel.User"

INSTALLED_APPS = [
    "panel",
    "domains",
    "identities",
    "diagnostics",
    "accounts",
    "mailflow",
    "api",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "lucide",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "panel.health.answer_probes",
    "api.middleware.answers",
    "domains.programs.middleware.certificates_asked",
    "panel.middleware.real_address",
    "panel.logs.requests",
    "domains.programs.middleware.mail_programs",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "panel.middleware.private_pages",
    "panel.middleware.NoNul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "panel.middleware.user_preferences",
    "panel.sessions.ended_sessions",
    "panel.middleware.second_factor_for_staff",
    "identities.middleware.sessions_of_providers",
    "panel.as_member.sees_as_member",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "panel.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "panel.templatetags.shell"],
        },
    },
]

# Database
DATABASE_URL = env("DATABASE_URL") or f"sqlite:///{quote(str(VAR_DIR / 'panel.sqlite3'))}"
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)  # seconds; a server that hangs

# Redis, caches, Celery
REDIS_URL = env("REDIS_URL")
CACHES = {
    "default": {"BACKEND": "panel.cache.FailsOpen", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "panel_cache",
        # Beyond it entries go whether they have expired or not: more than strangers can make while one lasts.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
SPOOL_DIR = VAR_DIR / "broker"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost//"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # One that hangs is found out; workers wait a second at most for a message.
    {"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 3, "max_retries": 1}
    if REDIS_URL
    else {
        "data_folder_in": str(SPOOL_DIR / "messages"),
        "data_folder_out": str(SPOOL_DIR / "messages"),
        "control_folder": str(SPOOL_DIR / "control"),
        "processed_folder": str(SPOOL_DIR / "processed"),
        "store_processed": False,
        "polling_interval": 0.2,  # seconds
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_TASK_PUBLISH_RETRY = False  # panel/waking.py
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "background"
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_POOL = "threads"  # docs/decisions/0041-own-supervisor.md
CELERY_WORKER_CONCURRENCY = env_int("WORKER_CONCURRENCY", 4)
# Calls to servers that customers name: fewer than threads, so that none of them can keep all.
CALLS_AT_ONCE = env_int("CALLS_AT_ONCE", max(1, CELERY_WORKER_CONCURRENCY - 1))
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "panel.heartbeat:Scheduler"
# What is due lives in the database; beat only wakes the workers. A lost message is repeated by the next one.
CELERY_BEAT_SCHEDULE = {
    "mail: send letters": {"task": "panel.tasks.send_letters", "schedule": timedelta(seconds=30)},
    "mail: ask contacts": {"task": "panel.tasks.ask_contacts", "schedule": timedelta(hours=1)},
    "forget what is old": {"task": "panel.tasks.prune", "schedule": crontab(minute=40)},
    "delete organizations": {"task": "panel.tasks.delete_organizations", "schedule": timedelta(minutes=10)},
    "remind of renewals and ends": {"task": "panel.tasks.remind", "schedule": crontab(minute=20, hour="*/3")},
    "close what has ended": {"task": "panel.tasks.close_ended", "schedule": crontab(minute=10, hour="*")},
    "forget attempts": {"task": "panel.tasks.forget_attempts", "schedule": crontab(minute=40, hour="*")},
    "forget spent tokens": {"task": "panel.tasks.forget", "schedule": timedelta(minutes=30)},
    "domains: pending, reminders, disputes": {"task": "domains.tasks.tend_pending", "schedule": timedelta(minutes=15)},
    "domains: unfinished zone changes": {"task": "domains.tasks.resume_zone_changes", "schedule": timedelta(minutes=1)},
    "domains: DKIM keys": {"task": "domains.tasks.tend_keys", "schedule": timedelta(minutes=1)},
    "diagnostics: DKIM keys that wait": {
        "task": "diagnostics.tasks.look_for_keys",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "domains: readings": {"task": "domains.tasks.resume_readings", "schedule": timedelta(seconds=15)},
    # A sweep may take longer than the time between two: what has waited so long is made up for by the next.
    "diagnostics: sweep": {
        "task": "diagnostics.tasks.sweep",
        "schedule": timedelta(seconds=15),
        "options": {"expires": 15},
    },
    "diagnostics: samples": {"task": "diagnostics.tasks.take_sample", "schedule": timedelta(minutes=5)},
    "diagnostics: colours": {"task": "diagnostics.tasks.count_colours", "schedule": timedelta(minutes=15)},
    "diagnostics: tell people": {"task": "diagnostics.tasks.notify", "schedule": timedelta(minutes=5)},
    "accounts: unfinished runs": {
        "task": "accounts.tasks.resume_runs",
        "schedule": timedelta(seconds=30),
        "options": {"queue": "bulk"},
    },
    "mailflow: blocked accounts": {"task": "mailflow.tasks.tell_blocked", "schedule": timedelta(minutes=1)},
    "mailflow: full mailboxes": {"task": "mailflow.tasks.warn_nearly_full", "schedule": timedelta(minutes=10)},
    "mailflow: inboxes": {"task": "mailflow.tasks.tend_inbox", "schedule": timedelta(minutes=2)},
    "mailflow: message trace": {"task": "mailflow.tasks.forget_trace", "schedule": crontab(minute=50, hour="*")},
    "mailflow: sign-ins": {"task": "mailflow.tasks.forget_sign_ins", "schedule": crontab(minute=55, hour="*")},
    "mailflow: platforms": {"task": "mailflow.tasks.check_platforms", "schedule": timedelta(hours=1)},
    "api: webhooks": {"task": "api.tasks.deliver", "schedule": timedelta(seconds=30), "options": {"expires": 30}},
    "api: unfinished jobs": {"task": "api.tasks.resume_jobs", "schedule": timedelta(minutes=1)},
    "api: forget": {"task": "api.tasks.forget", "schedule": timedelta(minutes=30)},
    "accounts: passwords that expire": {
        "task": "accounts.tasks.warn_of_expiry",
        "schedule": crontab(minute=50, hour="*/3"),
    },
    "accounts: forget": {"task": "accounts.tasks.forget", "schedule": timedelta(minutes=10)},
}

# Signing in
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "panel.signin.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses come from staff and invitations, never from strangers
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds after which changing a second factor asks for the password again
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # mail about a changed password or second factor
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "panel.signin.MFAAdapter"
MFA_FORMS = {"add_webauthn": "panel.passkeys.AddPasskey", "edit_webauthn": "panel.passkeys.RenamePasskey"}
MFA_TOTP_ISSUER = PANEL_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _loopback and not _secure
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
STAFF_NEED_SECOND_FACTOR = env_bool("STAFF_NEED_SECOND_FACTOR")
INVITATION_DAYS = 7
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

CSRF_FAILURE_VIEW = "panel.views.errors.csrf_failure"
MESSAGE_TAGS = {40: "danger"}  # an error, as Bootstrap calls it

# Safety
TRUSTED_PROXY_COUNT = env_int("TRUSTED_PROXY_COUNT", 0)
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 86400
SECURE_HSTS_SECONDS = 365 * 86400 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_SSL_REDIRECT = _secure and env_bool("SSL_REDIRECT", default=TRUSTED_PROXY_COUNT > 0)
# Whether other hosts below the panel's name, and browsers' own lists, are to insist on TLS is not the panel's to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes of any request but an uploaded table: panel/uploads.py
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = DATA_UPLOAD_MAX_MEMORY_SIZE  # never to a temporary file: tables hold plain passwords
FILE_UPLOAD_PERMISSIONS = 0o600  # of all that is written below VAR_DIR: panel/state.py
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# Mail
_email_url = env("EMAIL_URL")
_smtps = _email_url.startswith("smtps://")  # TLS from the first byte; the parser takes this scheme for STARTTLS
_email = dj_email_url.parse(_email_url.replace("smtps://", "smtp://", 1)) if _email_url else {}
if _email_url and "EMAIL_BACKEND" not in _email:
    raise ImproperlyConfigured("EMAIL_URL must begin with submission://, smtps://, smtp://, file:// or console://")
EMAIL_CONFIGURED = bool(_email)
_smtp = "django.core.mail.backends.smtp.EmailBackend"
_mail_backend = _email.get("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
if _mail_backend == _smtp:
    _mail_backend = "panel.smtp.EmailBackend"  # with a deadline
    _mail_options = {
        "host": _email["EMAIL_HOST"],
        "port": urlsplit(_email_url).port or (465 if _smtps else _email["EMAIL_PORT"]),
        "username": _email["EMAIL_HOST_USER"] or "",
        "password": _email["EMAIL_HOST_PASSWORD"] or "",
        "use_tls": _email.get("EMAIL_USE_TLS", False),
        "use_ssl": _smtps or _email.get("EMAIL_USE_SSL", False),
        "timeout": 15,
    }
elif _mail_backend.endswith(".filebased.EmailBackend"):
    _mail_options = {"file_path": _email.get("EMAIL_FILE_PATH") or str(VAR_DIR / "mail")}
else:
    _mail_options = {}
MAILERS = {"default": {"BACKEND": _mail_backend, "OPTIONS": _mail_options}}
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL") or _email.get("DEFAULT_FROM_EMAIL") or f"panel@{_public.hostname}"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
MAIL_DEADLINE = env_int("MAIL_DEADLINE", 30)  # seconds for one letter, from connecting to the mail server's yes
MAIL_SENDERS = env_int("MAIL_SENDERS", 2)  # letters under way at once, of all workers together
PENDING_DOMAINS = env_int("PENDING_DOMAINS", 500)  # of one organization, attached and not proven to be its own
OPEN_SHARES = env_int("OPEN_SHARES", 200)  # links to instructions of one organization that work at one time
MAIL_QUOTA = env_int("MAIL_QUOTA", 1000)  # letters of all kinds that one organization may cause in 24 hours
MAIL_GIVE_UP_DAYS = env_int("MAIL_GIVE_UP_DAYS", 3)  # after which a letter that nobody takes is not tried again
if not 0 < MAIL_DEADLINE <= 60:
    raise ImproperlyConfigured("MAIL_DEADLINE must be from 1 to 60 seconds")  # less than Letter.LEASE

# The DNS
DNS_RESOLVERS = [host_port(item, 53) for item in env_list("DNS_RESOLVERS")]  # empty: the system's
DNS_AUTHORITATIVE_PORT = env_int("DNS_AUTHORITATIVE_PORT", 53)
DNS_STUB_ZONES = {
    zone.strip().lower().strip("."): host_port(server.strip(), 53)
    for zone, _, server in (item.partition("=") for item in env_list("DNS_STUB_ZONES"))
}
HAS_DEMONSTRATION = DEMO_ZONES[0] in DNS_STUB_ZONES
DNS_SERVER_RATE = env_int("DNS_SERVER_RATE", 300)  # queries a second to any one server
DNS_RESOLVER_RATE = env_int("DNS_RESOLVER_RATE", 300)  # the same for the configured resolvers
_allowed = env_list("ALLOWED_NETWORKS")
_one_port = re.compile(r"\[[^]]+\]:\d+|[^:]+:\d+")  # 127.0.0.1:5353, [::1]:5353
try:
    ALLOWED_NETWORKS = [ipaddress.ip_network(item) for item in _allowed if not _one_port.fullmatch(item)]
    ALLOWED_SERVERS = {
        (ipaddress.ip_address(host), port)
        for host, port in (host_port(item, 0) for item in _allowed if _one_port.fullmatch(item))
    }
except ValueError as error:
    raise ImproperlyConfigured(f"ALLOWED_NETWORKS: {error}") from error
# Never connected to, whatever is allowed: where clouds tell machines their secrets, one of them at a public address.
CLOUD_METADATA = "169.254.0.0/16,168.63.129.16/32,100.100.100.200/32,192.0.0.192/32,fd00:ec2::254/128,fd20:ce::254/128"
try:
    FORBIDDEN_NETWORKS = [ipaddress.ip_network(item) for item in env_list("FORBIDDEN_NETWORKS", CLOUD_METADATA)]
except ValueError as error:
    raise ImproperlyConfigured(f"FORBIDDEN_NETWORKS: {error}") from error
DNS_CONTROL_NAMES = env_list("DNS_CONTROL_NAMES")  # they have addresses for certain; empty: the platforms' MX hosts
SWEEP_BATCH = env_int("SWEEP_BATCH", 500)  # domains that one claim takes
SMTP_PROBES = env_bool("SMTP_PROBES")  # this worker runs on the platform's network and may talk to target servers

# What pages have workers ask outside (domains/readings.py)
READINGS = {
    "zone": "domains.outside.read",
    "target": "domains.outside.resolve",
    "provider-test": "domains.outside.test",
    "provider-try": "domains.outside.try_settings",
    "provider-zones": "domains.outside.list_zones",
    "provider-add": "domains.outside.add_zones",
    "sign-in-discovery": "identities.outside.discover",
    "sign-in-exchange": "identities.outside.exchange",
    "mx": "diagnostics.outside.mx",
    "delegation": "diagnostics.outside.delegation",
    "spf": "diagnostics.outside.spf",
    "resolvers": "diagnostics.outside.resolvers",
}

# Accounts
ORDERS_AT_ONCE = env_bool("ORDERS_AT_ONCE")  # orders become slots without staff's approval
BULK_MAX_BYTES = 32 * 1024 * 1024
BULK_MAX_ROWS = 100_000

# The mail servers (mailflow)
MAIL_READER_URL = env("MAIL_READER_URL")  # under a role that sees the views; empty: DATABASE_URL
MAIL_WRITER_URL = env("MAIL_WRITER_URL")  # under a role that writes the policy server's tables; empty: DATABASE_URL
MAIL_TLS_CERTIFICATE = env("MAIL_TLS_CERTIFICATE")  # PEM with its chain; empty: one signed by itself
MAIL_TLS_KEY = env("MAIL_TLS_KEY")
MAIL_TLS_ACME = env("MAIL_TLS_ACME")  # folder of an ACME client: certbot's `live`, Caddy's `certificates`
PROFILE_CERTIFICATE = env("PROFILE_CERTIFICATE")  # PEM with its chain; empty: Apple profiles are not signed
PROFILE_KEY = env("PROFILE_KEY")
MAIL_POSTMASTER = env("MAIL_POSTMASTER")  # who reads the mail of <postmaster>
MAIL_ACCOUNT_LIMIT = env_int("MAIL_ACCOUNT_LIMIT", 500)  # recipients an hour
MAIL_SERVICE_LIMIT = env_int("MAIL_SERVICE_LIMIT", 10_000)
# Networks of webmails: the main password may be for them alone, and they are believed about where their users are.
try:
    MAIL_WEBMAIL_NETWORKS = [str(ipaddress.ip_network(item)) for item in env_list("MAIL_WEBMAIL_NETWORKS")]
except ValueError as error:
    raise ImproperlyConfigured(f"MAIL_WEBMAIL_NETWORKS: {error}") from error

# The message trace: days, and rows at most
TRACE_DAYS = env_int("TRACE_DAYS", 7 if DATABASE_URL.startswith("sqlite:") else 30)
TRACE_ROWS = env_int("TRACE_ROWS", 500_000 if DATABASE_URL.startswith("sqlite:") else 5_000_000)
TRACE_LINK = "mailflow.trace.links.link"  # a callable (organization, address) -> address of a page

MAIL_SPAM = env_bool("MAIL_SPAM")  # `mailflow up` starts a spam filter
WEBMAIL_URL = env("WEBMAIL_URL")  # where pages lead to; empty: https:// and the platform's webmail host

MAIL_OWNERS_UNBLOCK = env_bool("MAIL_OWNERS_UNBLOCK")  # may owners unblock accounts, or the operator alone?

# What is known of mailboxes: a callable (ids) -> accounts.usage.Known by id
MAILBOX_USE = "mailflow.use.known_of"
MAILBOX_TRIES = "mailflow.use.tries_at"
MAILBOX_DEVICES = "mailflow.use.devices_of"
MAILBOX_SIGN_INS = "mailflow.use.sign_ins_of"
MAILBOX_GATE = "mailflow.gate.MailboxGate"

# The API
API_RATE = env_int("API_RATE", 600)  # requests a minute of one token
API_STRANGERS_RATE = 60  # without a token that works, from one address

# What other apps offer to the find-anything box: callables (user, text, limit) -> list of panel.search.Hit
SEARCH_PROVIDERS = [
    "panel.search.find_services",
    "panel.search.find_organizations",
    "panel.search.find_people",
    "domains.search.find",
    "accounts.search.find",
]

# What is searched inside of, on PostgreSQL: an index's name, and its table, column and expression
TRIGRAM_INDEXES = {
    "organization_by_trigrams": ("panel_organization", "name", "upper(name)"),
    "organization_code_by_trigrams": ("panel_organization", "code", "upper(code)"),
    "user_by_trigrams": ("panel_user", "name", "upper(name)"),
    "user_email_by_trigrams": ("panel_user", "email", "upper(email)"),
    "service_by_trigrams": ("panel_service", "name", "upper(name)"),
    "service_display_name_by_trigrams": ("panel_service", "display_name", "upper(display_name)"),
    "domain_name_by_trigrams": ("domains_name", "name", "name"),
}

# What the overview shows: functions that take a user and give panel.overview.Need, and panel.overview.Chart
NEEDS = ["panel.overview.own_needs", "diagnostics.overview.needs", "domains.overview.needs", "accounts.overview.needs"]
CHARTS = ["diagnostics.overview.charts_of"]

# Orders of slots: a module with place(service, quantity, by=…) -> order, approve(order, by=…) and finish(service)
ORDERS = "accounts.ordering"

# What other apps add to the lines of /healthz, and what they have looked at once a minute (panel/watch.py)
HEALTH_PARTS = {"sweep": "diagnostics.health.sweep", "resolvers": "diagnostics.health.resolvers"}
WATCHED = ["diagnostics.health.ask_resolvers"]
# How many days what grows is kept (panel/retention.py); 0: for ever
KEEP_DAYS = {
    "CHECK_CHANGES": env_int("KEEP_CHECK_CHANGES", 365),
    "ACTIVITY": env_int("KEEP_ACTIVITY", 730),
    "RUN_ROWS": env_int("KEEP_RUN_ROWS", 30),
    "RUNS": env_int("KEEP_RUNS", 365),
    "ORDERS": env_int("KEEP_ORDERS", 730),
    "ZONE_CHANGES": env_int("KEEP_ZONE_CHANGES", 365),
    "SHARES": env_int("KEEP_SHARES", 90),
    "INVITATIONS": env_int("KEEP_INVITATIONS", 90),
    "SESSIONS": env_int("KEEP_SESSIONS", 1),
    "LETTERS": env_int("KEEP_LETTERS", 30),
    "SIGN_INS": env_int("KEEP_SIGN_INS", 90),
    "MAIL_FILES": env_int("KEEP_MAIL_FILES", 14),
}
DELETION_GRACE_DAYS = env_int("DELETION_GRACE_DAYS", 30)  # of an organization that is to be deleted

# Languages, times, files
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pl", "Polski")]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "packages"]  # the second: of other packages
FORMAT_MODULE_PATH = "panel.formats"
TIME_ZONE = env("TIME_ZONE", "UTC")
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", Path(bootstrap.__path__[0]) / "css")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = VAR_DIR / "media"

# Seen by its operator
LOG_FORMAT = env("LOG_FORMAT")  # json or text; empty: text on a terminal
if LOG_FORMAT not in {"", "json", "text"}:
    raise ImproperlyConfigured("LOG_FORMAT is json or text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"event": {"()": "panel.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "event"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "WARNING")},
    "loggers": {"panel.requests": {"level": "INFO" if env_bool("LOG_REQUESTS") else "WARNING"}},
}
METRICS_TOKEN = env("METRICS_TOKEN")
try:
    METRICS_NETWORKS = [ipaddress.ip_network(item) for item in env_list("METRICS_NETWORKS")]
except ValueError as error:
    raise ImproperlyConfigured(f"METRICS_NETWORKS: {error}") from error
SENTRY_DSN = env("SENTRY_DSN")
SENTRY_ENVIRONMENT = env("SENTRY_ENVIRONMENT", "production")
