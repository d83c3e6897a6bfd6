"""Django's settings, derived from the portal's own settings.

`partner_portal/environment/settings_table.py` lists those, with their types, units and defaults. An
invalid value ends the process here; `streams/checks.py` reports unsafe values.
"""

from __future__ import annotations

from pathlib import Path

import environ
from django.utils.csp import CSP

from partner_portal.environment import load_or_exit
from partner_portal.environment.broker_options import broker_options
from partner_portal.environment.mailer import mailer
from partner_portal.sign_in import *  # noqa: F403 - Django reads this module only

BASE_DIR = Path(__file__).resolve().parent.parent

_values = load_or_exit()

# --- Secrets -------------------------------------------------------------------
SECRET_KEY = _values["SECRET_KEY"]
SECRET_KEY_FALLBACKS = _values["SECRET_KEY_FALLBACKS"]  # still accepted
ENCRYPTION_KEYS = _values["ENCRYPTION_KEYS"]  # "id:base64 of 32 bytes", newest first
IDENTITY_KEYS = _values["IDENTITY_KEYS"]  # in the same form

# --- Addresses and security --------------------------------------------------------
DEBUG = _values["DEBUG"]
HTTPS = _values["HTTPS"]
ALLOWED_HOSTS = _values["ALLOWED_HOSTS"]
TRUST_PROXY = _values["TRUST_PROXY"]
TRUSTED_PROXY_COUNT = _values["TRUSTED_PROXY_COUNT"]
SESSION_IDLE_MINUTES = _values["SESSION_IDLE_MINUTES"]
SESSION_MAX_HOURS = _values["SESSION_MAX_HOURS"]
ACTIVITY_RETENTION_DAYS = _values["ACTIVITY_RETENTION_DAYS"]
PORTAL_URL = _values["PORTAL_URL"]
INGEST_URL = _values["INGEST_URL"]
PORT = _values["PORT"]
VAR_DIR = _values["VAR_DIR"] or BASE_DIR / "var"

# --- Services --------------------------------------------------------------------
DATABASE_URL = _values["DATABASE_URL"] or f"sqlite:///{VAR_DIR / 'portal.sqlite3'}"
REDIS_URL = _values["REDIS_URL"]
MAILERS = {"default": mailer(_values["EMAIL_URL"], VAR_DIR)}
DEFAULT_FROM_EMAIL = _values["DEFAULT_FROM_EMAIL"]
REVIEW_EMAIL = _values["REVIEW_EMAIL"]

# --- Segment (segment/http-api.md, 1 and 2) ----------------------------------------
SEGMENT_US_URL = _values["SEGMENT_US_URL"]
SEGMENT_EU_URL = _values["SEGMENT_EU_URL"]
SEGMENT_CDN_URL = _values["SEGMENT_CDN_URL"]
# Whether webhooks may go to localhost; never in production.
LOCAL_WEBHOOKS = _values["LOCAL_WEBHOOKS"] and not HTTPS
SANDBOX_URL = _values["SANDBOX_URL"]  # empty: customers cannot choose the sandbox
MTU_PRICES = _values["MTU_PRICES"]  # (above, US dollars) pairs; empty: not shown
MTU_PRICES_SOURCE = _values["MTU_PRICES_SOURCE"]
MTU_PRICES_DATE = _values["MTU_PRICES_DATE"]

# --- Limits and logs ---------------------------------------------------------------
DEDUP_WINDOW_HOURS = _values["DEDUP_WINDOW_HOURS"]
INGEST_MAX_CONNECTIONS = _values["INGEST_MAX_CONNECTIONS"]
MAX_STREAM_WORKSPACES = _values["MAX_STREAM_WORKSPACES"]
MAX_NEW_WORKSPACES_PER_MINUTE = _values["MAX_NEW_WORKSPACES_PER_MINUTE"]
MAX_FEED_BACKLOG_EVENTS = _values["MAX_FEED_BACKLOG_EVENTS"]
MAX_BACKLOG_EVENTS = _values["MAX_BACKLOG_EVENTS"]
MIN_FREE_DISK_BYTES = _values["MIN_FREE_DISK_BYTES"]
MAX_DATABASE_BYTES = _values["MAX_DATABASE_BYTES"]
SEGMENT_TIMEOUT_S = _values["SEGMENT_TIMEOUT_S"]
LEASE_S = _values["LEASE_S"]
SENDER_THREADS = _values["SENDER_THREADS"]
LOG_LEVEL = _values["LOG_LEVEL"]
LOG_FORMAT = _values["LOG_FORMAT"]
LOGGING_CONFIG = "streams.observability.logging_setup.configure"
LOGGING = {"level": LOG_LEVEL, "format": LOG_FORMAT}

INSTALLED_APPS = [
    "streams.apps.StreamsConfig",
    "streams.apps.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    # First, so that every response gets their headers, including early ones and errors.
    "streams.web.security_headers.HeadersMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "streams.api.health.ProbeMiddleware",
    "streams.web.proxies.ProxyMiddleware",
    "streams.web.null_characters.NullCharacterMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # It also hides the length of a page, and with it what an attacker could learn (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "streams.web.activity_log.OriginMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "streams.web.session_limits.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    # Before the next one: it asks operators, not the users whose pages they view.
    "streams.web.second_factor.SecondFactorMiddleware",
    "streams.web.impersonation.ImpersonationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "streams.web.time_zones.ZoneMiddleware",
    "streams.web.duplicate_submits.FormMiddleware",
]

ROOT_URLCONF = "partner_portal.urls"
WSGI_APPLICATION = "partner_portal.wsgi.application"
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
                "streams.portal.shared.navigation.navigation",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "streams.web.template_tags",
                "streams.portal.shared.navigation_tags",
                "streams.portal.alerts.tags",
            ],
        },
    },
]

# --- Silent network failures ---------------------------------------------------------
# A connection to the database or broker is dropped once sent bytes or probes have had no
# response for the time of a lease. Not later: the next owner of a stream waits for the
# locks of a process that was cut off, and must not lose its own lease meanwhile.
CONNECT_TIMEOUT_S = 3
SILENCE_MS = int(LEASE_S * 1000)
_probe_s = max(1, int(LEASE_S / 5))
KEEPALIVES = {"idle": 2 * _probe_s, "interval": _probe_s, "count": 3}

# --- Database ----------------------------------------------------------------------
DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL)}
_database = DATABASES["default"]
_database["ATOMIC_REQUESTS"] = False
if "sqlite" in _database["ENGINE"]:
    _database["OPTIONS"] = {
        # A transaction takes the write lock when it starts, so no later upgrade can fail.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds to wait for another writer
        # FULL, so that commits survive a power failure, not only the end of the process.
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
        "PRAGMA cache_size=-65536;",
    }
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"] = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "tcp_user_timeout": SILENCE_MS,
        **{f"keepalives_{name}": n for name, n in KEEPALIVES.items()},
    } | _database.get("OPTIONS", {})  # DATABASE_URL takes precedence
# The settings of each PostgreSQL session (streams/base/database/session.py). Without them, the
# server keeps the locks of a host that was cut off until it notices. Not sent as startup
# parameters, because PgBouncer refuses unknown ones.
SESSION_SETTINGS = {
    **{f"tcp_keepalives_{name}": str(n) for name, n in KEEPALIVES.items()},
    "tcp_user_timeout": str(SILENCE_MS),
    # Statements wait no longer for a lock, and a process that stops inside a transaction
    # keeps its locks for less than a lease (streams/base/database/frozen_sessions.py ends the others).
    "lock_timeout": f"{LEASE_S * 200:.0f}ms",
    "idle_in_transaction_session_timeout": f"{LEASE_S * 900:.0f}ms",
    # Compiling the statement of a large page takes 0.1 to 1 s, which running it doesn't save.
    "jit": "off",
    "application_name": "partner-portal",
}
# How long a process waits for a statement before it reconnects: a server that hangs still
# acknowledges received bytes (streams/base/database/statement_timeout.py).
DRAIN_DEADLINE_S = LEASE_S * 0.5  # an owner, and the sweep that finds the next one
INGEST_DEADLINE_S = LEASE_S * 0.8
SERVING_DEADLINE_S = 30.0  # pages, and the workers' other tasks
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Celery: it only wakes workers; the database has the due work --------------------
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CHANNEL_ERROR_RETRY = True  # also wait for a broker that refuses commands
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(KEEPALIVES, SILENCE_MS)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False  # a lost wake-up costs a second
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# --- Users -------------------------------------------------------------------------
AUTH_USER_MODEL = "streams.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_REDIRECT_URL = "portal:home"
REQUIRE_SECOND_FACTOR = _values["REQUIRE_SECOND_FACTOR"]
REQUIRE_SECOND_FACTOR_OF_ALL = _values["REQUIRE_SECOND_FACTOR_OF_ALL"]
# Single sign-on with OpenID Connect (streams/sign_in/sso, streams/portal/sso)
OIDC_ISSUER = _values["OIDC_ISSUER"]  # of the operators; partners configure their own
OIDC_CLIENT_ID = _values["OIDC_CLIENT_ID"]
OIDC_CLIENT_SECRET = _values["OIDC_CLIENT_SECRET"]
SOCIALACCOUNT_ADAPTER = "streams.portal.sso.adapter.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"provider_class": "streams.portal.sso.provider.Provider"}
}

# --- Web ---------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = _values["STATIC_ROOT"] or VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "streams.web.static_files.HashedFiles"},
}
# Every text goes through gettext, in English, the only language. No middleware reads
# Accept-Language: Django's own catalogs would mix other languages into a page.
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 6_000_000  # bytes; the ingest has its own limits

DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # an event of a plan: 600 rows of six fields

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
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes inside the network
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _values["HSTS_INCLUDE_SUBDOMAINS"]
SECURE_HSTS_PRELOAD = _values["HSTS_PRELOAD"]
# Don't warn about these two settings, which affect more than the portal's own host.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = SESSION_IDLE_MINUTES * 60  # from each use (web/session_limits.py)
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "streams.web.kept_forms.csrf_failure"
X_FRAME_OPTIONS = "DENY"
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
