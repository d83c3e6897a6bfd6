"""Every setting: its type, bounds, default and meaning. Generates `.env.example`."""

from __future__ import annotations

from partner_portal.environment import setting_types, url_types
from partner_portal.environment.price_settings import MTU_PRICES
from partner_portal.environment.setting import Setting
from partner_portal.environment.sign_in_settings import SIGN_IN
from partner_portal.environment.sso_settings import SINGLE_SIGN_ON

SECTIONS: dict[str, tuple[Setting, ...]] = {
    "Secrets: must be set": (
        Setting(
            name="SECRET_KEY",
            kind=setting_types.TEXT,
            required=True,
            about="Signs sessions and links. Use 50 random characters or more. To"
            ' change it, see "Keys and secrets" in the operator guide.',
        ),
        Setting(
            name="SECRET_KEY_FALLBACKS",
            kind=setting_types.SECRETS,
            about="Other secret keys whose signatures are accepted: the next one before a"
            " change of SECRET_KEY, the previous one after it.",
        ),
        Setting(
            name="ENCRYPTION_KEYS",
            kind=setting_types.KEY_RING,
            required=True,
            about="Encrypt write keys. Each entry is `id:base64 of 32 bytes`, newest"
            ' first: the first encrypts, all decrypt. To change it, see "Keys and'
            ' secrets" in the operator guide.',
        ),
        Setting(
            name="IDENTITY_KEYS",
            kind=setting_types.KEY_RING,
            required=True,
            about="Turn the identifiers of people into digests for the identity map. Entries"
            " like those of ENCRYPTION_KEYS, but other keys: the first is for new links, all"
            ' find links. To change it, see "Keys and secrets" in the operator guide.',
        ),
    ),
    "Addresses and security": (
        Setting(
            name="DEBUG",
            kind=setting_types.FLAG,
            default="off",
            about="on: error pages show full details. Never turn it on where others can"
            " reach the portal.",
        ),
        Setting(
            name="HTTPS",
            kind=setting_types.FLAG,
            default="on",
            about="on: cookies and redirects require https. Turn it off only on your own"
            " machine.",
        ),
        Setting(
            name="HSTS_INCLUDE_SUBDOMAINS",
            kind=setting_types.FLAG,
            default="off",
            about="on: browsers require https on every subdomain of the portal's host for"
            " a year. Turn it on only if all of them support https.",
        ),
        Setting(
            name="HSTS_PRELOAD",
            kind=setting_types.FLAG,
            default="off",
            about="on: browsers may add the host to their preload list, which takes months"
            " to undo. Needs HSTS_INCLUDE_SUBDOMAINS.",
        ),
        Setting(
            name="ALLOWED_HOSTS",
            kind=setting_types.HOSTS,
            about="The host names of the web pages, without scheme or port.",
        ),
        Setting(
            name="TRUST_PROXY",
            kind=setting_types.FLAG,
            default="off",
            about="on: trust X-Forwarded-Proto and X-Forwarded-For. Turn it on only behind"
            " a proxy that always sets both.",
        ),
        Setting(
            name="TRUSTED_PROXY_COUNT",
            kind=setting_types.whole(1, 5, "proxies"),
            default="1",
            about="The number of proxies that each request passes through. With"
            " TRUST_PROXY=on, the client's address is this entry of X-Forwarded-For,"
            " counted from the end.",
        ),
        *SIGN_IN,
        Setting(
            name="ACTIVITY_RETENTION_DAYS",
            kind=setting_types.whole(365, 36_500, "days"),
            default="3650",
            about="Days after which activity log entries are deleted. Those that account for"
            " expired, skipped and quarantined events, and those about streams, are kept.",
        ),
        Setting(
            name="LOCAL_WEBHOOKS",
            kind=setting_types.FLAG,
            default="off",
            about="on: webhooks can also go to https://localhost, with any port. For"
            " development: it has no effect unless HTTPS=off.",
        ),
        Setting(
            name="PORTAL_URL",
            kind=url_types.address("https://portal.example.com"),
            about="The public address of the pages, for links of commands and workers. Empty:"
            " https:// and the first of ALLOWED_HOSTS; with HTTPS=off, localhost and PORT.",
        ),
        Setting(
            name="INGEST_URL",
            kind=url_types.address("https://events.example.com"),
            about="The public address for events, which pages show. Empty: the web"
            " address.",
        ),
        Setting(
            name="PORT",
            kind=setting_types.whole(1, 65_532),
            default="8000",
            about="Port of the web pages under `manage.py up`. Its other servers use the"
            " next three ports.",
        ),
        Setting(
            name="VAR_DIR",
            kind=setting_types.PATH,
            about="Folder for the data of the first run: SQLite, broker, run.json. Empty:"
            " var/ in the checkout.",
        ),
        Setting(
            name="STATIC_ROOT",
            kind=setting_types.PATH,
            about="Folder that `collectstatic` fills. Empty: static/ in VAR_DIR.",
        ),
    ),
    "Single sign-on of operators": SINGLE_SIGN_ON,
    "Services": (
        Setting(
            name="DATABASE_URL",
            kind=url_types.DATABASE,
            about="postgres://user:password@host:5432/name. Empty: SQLite, in the file"
            " portal.sqlite3 in VAR_DIR. Parameters after ? are passed to libpq"
            " (?sslmode=verify-full); `options` replaces the portal's own.",
        ),
        Setting(
            name="REDIS_URL",
            kind=url_types.REDIS,
            about="Redis or Valkey, redis://host:6379/0. rediss:// uses TLS and verifies"
            " the certificate. Empty: `manage.py up` starts its own server.",
        ),
        Setting(
            name="EMAIL_URL",
            kind=url_types.MAIL,
            default="filemail://",
            about="The server for outgoing email: smtp+tls://user:password@host:587."
            " filemail:// keeps emails in VAR_DIR/outbox, where superusers read them at"
            " /admin/outbox/. consolemail:// prints them.",
        ),
        Setting(
            name="DEFAULT_FROM_EMAIL",
            kind=setting_types.SENDER,
            default="portal@localhost",
            about="The sender of emails.",
        ),
        Setting(
            name="REVIEW_EMAIL",
            kind=setting_types.ADDRESSES,
            about="Operators who receive an email when a partner submits a stream or asks"
            " to go live. Partners see these addresses. Empty: no email is sent, and"
            " submissions are listed only in the admin.",
        ),
    ),
    "Segment": (
        Setting(
            name="SEGMENT_US_URL",
            kind=url_types.address("https://api.segment.io/v1"),
            default="https://api.segment.io/v1",
            about="The URL of Segment's tracking API in the US, including /v1.",
        ),
        Setting(
            name="SEGMENT_EU_URL",
            kind=url_types.address("https://events.eu1.segmentapis.com/v1"),
            default="https://events.eu1.segmentapis.com/v1",
            about="The URL of Segment's tracking API in the EU, including /v1.",
        ),
        Setting(
            name="SEGMENT_CDN_URL",
            kind=url_types.address("https://cdn.segment.com/v1"),
            default="https://cdn.segment.com/v1",
            about="The URL of Segment's CDN, including /v1. It serves the settings of each"
            " source, which shows whether Segment recognizes a write key.",
        ),
        Setting(
            name="SANDBOX_URL",
            kind=url_types.address("http://127.0.0.1:8002"),
            about="The URL of the sandbox, without /v1. If set, customers can choose the"
            ' region "Sandbox".',
        ),
        *MTU_PRICES,
    ),
    "Limits and logs": (
        Setting(
            name="DEDUP_WINDOW_HOURS",
            kind=setting_types.whole(24, 8_760, "hours"),
            default="48",
            about="Hours in which a messageId is accepted only once. Segment guarantees 24.",
        ),
        Setting(
            name="INGEST_MAX_CONNECTIONS",
            kind=setting_types.whole(1, 1_000_000, "connections"),
            default="4000",
            about="Connections that one ingest process keeps open. Beyond this number, it"
            " closes those that have been idle longest. The system's limit on open files"
            " can lower it.",
        ),
        Setting(
            name="MAX_STREAM_WORKSPACES",
            kind=setting_types.whole(0, 10**9, "workspaces"),
            default="100000",
            about="Workspaces that one stream can have. Beyond this number, events that"
            " would create a workspace are throttled (429). 0: no limit.",
        ),
        Setting(
            name="MAX_NEW_WORKSPACES_PER_MINUTE",
            kind=setting_types.whole(0, 10**9, "workspaces"),
            default="1000",
            about="Workspaces that events can create per minute in one stream. Beyond this"
            " number, events that would create a workspace are throttled (429). 0: no"
            " limit.",
        ),
        Setting(
            name="MAX_FEED_BACKLOG_EVENTS",
            kind=setting_types.whole(0, 10**12, "events"),
            default="10000000",
            about="Queued events that one workspace can have in one stream. Beyond this"
            " number, its events get a 429 response. 0: no limit.",
        ),
        Setting(
            name="MAX_BACKLOG_EVENTS",
            kind=setting_types.whole(0, 10**12, "events"),
            default="50000000",
            about="Queued events in total. Beyond this number, all events get a 503"
            " response. 0: no limit.",
        ),
        Setting(
            name="MIN_FREE_DISK_BYTES",
            kind=setting_types.whole(0, 10**15, "bytes"),
            default="1073741824",
            about="Bytes that must stay free on the disks of VAR_DIR and of SQLite. With"
            " less, events get a 503 response. The portal cannot see the free space on"
            " PostgreSQL's disk: monitor it there.",
        ),
        Setting(
            name="MAX_DATABASE_BYTES",
            kind=setting_types.whole(0, 10**15, "bytes"),
            default="0",
            about="Size in bytes that the database can grow to. Beyond it, events get a 503"
            " response. PostgreSQL's disk must also have room for its write-ahead log and"
            " for rows that vacuum has not freed yet. 0: no limit.",
        ),
        Setting(
            name="SEGMENT_TIMEOUT_S",
            kind=setting_types.decimal(1, 300, "seconds"),
            default="30.0",
            about="Seconds that one request to Segment can take in total, to the last byte.",
        ),
        Setting(
            name="LEASE_S",
            kind=setting_types.decimal(5, 600, "seconds"),
            default="10.0",
            about="Seconds after which another worker takes over the streams of a worker"
            " that stopped.",
        ),
        Setting(
            name="SENDER_THREADS",
            kind=setting_types.whole(1, 512, "requests"),
            default="32",
            about="Concurrent requests to Segment per stream; half of them per region.",
        ),
        Setting(
            name="LOG_LEVEL",
            kind=setting_types.choice("DEBUG", "INFO", "WARNING", "ERROR"),
            default="INFO",
            about="The lowest level of messages that are logged.",
        ),
        Setting(
            name="LOG_FORMAT",
            kind=setting_types.choice("text", "json"),
            about="Empty: text in a terminal and in `manage.py up`, otherwise json. With"
            " json, each line that a process logs is one JSON object, including tracebacks"
            " and startup errors. The results of commands are always text.",
        ),
    ),
}

SETTINGS = {each.name: each for section in SECTIONS.values() for each in section}
