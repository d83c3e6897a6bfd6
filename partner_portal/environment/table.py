"""Every setting: its type, bounds, default and meaning. `.env.example` is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from partner_portal.environment import kinds, urls

if TYPE_CHECKING:
    from partner_portal.environment.kinds import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row. `default` is text, as in `.env.example`; empty: None, or an empty list."""

    name: str
    kind: Kind
    about: str  # sentences for operators
    default: str = ""
    required: bool = False


SECTIONS: dict[str, tuple[Setting, ...]] = {
    "Secrets: must be set": (
        Setting(
            name="SECRET_KEY",
            kind=kinds.TEXT,
            required=True,
            about="Signs sessions and links. Use 50 random characters or more. To"
            ' change it, see "Keys and secrets" in the operator guide.',
        ),
        Setting(
            name="SECRET_KEY_FALLBACKS",
            kind=kinds.SECRETS,
            about="Other secret keys whose signatures are accepted: the next one before a"
            " change of SECRET_KEY, the previous one after it.",
        ),
        Setting(
            name="ENCRYPTION_KEYS",
            kind=kinds.KEY_RING,
            required=True,
            about="Encrypt write keys. Each entry is `id:base64 of 32 bytes`, newest"
            ' first: the first encrypts, all decrypt. To change it, see "Keys and'
            ' secrets" in the operator guide.',
        ),
    ),
    "Addresses and security": (
        Setting(
            name="DEBUG",
            kind=kinds.FLAG,
            default="off",
            about="on: show errors in full. Never where others can reach the portal.",
        ),
        Setting(
            name="HTTPS",
            kind=kinds.FLAG,
            default="on",
            about="on: cookies and redirects require https. Turn it off only on your own"
            " machine.",
        ),
        Setting(
            name="HSTS_INCLUDE_SUBDOMAINS",
            kind=kinds.FLAG,
            default="off",
            about="on: browsers require https on every subdomain of the portal's host for"
            " a year. Turn it on only if all of them support https.",
        ),
        Setting(
            name="HSTS_PRELOAD",
            kind=kinds.FLAG,
            default="off",
            about="on: browsers may add the host to their preload list, which takes months"
            " to undo. Needs HSTS_INCLUDE_SUBDOMAINS.",
        ),
        Setting(
            name="ALLOWED_HOSTS",
            kind=kinds.HOSTS,
            about="The host names of the web pages, without scheme or port.",
        ),
        Setting(
            name="TRUST_PROXY",
            kind=kinds.FLAG,
            default="off",
            about="on: trust X-Forwarded-Proto and X-Forwarded-For. Only behind a proxy"
            " that always sets them.",
        ),
        Setting(
            name="TRUSTED_PROXY_COUNT",
            kind=kinds.whole(1, 5, "proxies"),
            default="1",
            about="Proxies that each request passes, for TRUST_PROXY=on: the client's address"
            " is that entry of X-Forwarded-For, counted from the end.",
        ),
        Setting(
            name="SESSION_IDLE_MINUTES",
            kind=kinds.whole(5, 10_080, "minutes"),
            default="120",
            about="Minutes without using a page after which people sign in again. Pages that"
            " refresh themselves do not count as use.",
        ),
        Setting(
            name="SESSION_MAX_HOURS",
            kind=kinds.whole(1, 720, "hours"),
            default="24",
            about="Hours after a sign-in after which people sign in again in any case.",
        ),
        Setting(
            name="INGEST_URL",
            kind=urls.address("https://events.example.com"),
            about="The public address for events, as pages show it. Empty: the web"
            " address.",
        ),
        Setting(
            name="PORT",
            kind=kinds.whole(1, 65_532),
            default="8000",
            about="Port of the web pages under `manage.py up`; its other servers use the"
            " next three.",
        ),
        Setting(
            name="VAR_DIR",
            kind=kinds.PATH,
            about="Folder for the data of the first run: SQLite, broker, run.json. Empty:"
            " var/ in the checkout.",
        ),
        Setting(
            name="STATIC_ROOT",
            kind=kinds.PATH,
            about="Folder that `collectstatic` fills. Empty: static/ in VAR_DIR.",
        ),
    ),
    "Services": (
        Setting(
            name="DATABASE_URL",
            kind=urls.DATABASE,
            about="postgres://user:password@host:5432/name. Empty: SQLite,"
            " portal.sqlite3 in VAR_DIR. What follows a ? goes to libpq"
            " (?sslmode=verify-full), `options` in place of our own.",
        ),
        Setting(
            name="REDIS_URL",
            kind=urls.REDIS,
            about="Redis or Valkey, redis://host:6379/0. rediss:// uses TLS and verifies"
            " the certificate. Empty: `manage.py up` starts one of its own.",
        ),
        Setting(
            name="EMAIL_URL",
            kind=urls.MAIL,
            default="consolemail://",
            about="The server for outgoing email: smtp+tls://user:password@host:587."
            " consolemail:// prints emails instead.",
        ),
        Setting(
            name="DEFAULT_FROM_EMAIL",
            kind=kinds.SENDER,
            default="portal@localhost",
            about="The sender of emails.",
        ),
        Setting(
            name="REVIEW_EMAIL",
            kind=kinds.ADDRESSES,
            about="Staff who receive an email when a partner submits a stream or asks to"
            " go live. Partners see these addresses. Empty: no email is sent, and the"
            " submission is in the admin.",
        ),
    ),
    "Segment": (
        Setting(
            name="SEGMENT_US_URL",
            kind=urls.address("https://api.segment.io/v1"),
            default="https://api.segment.io/v1",
            about="Where the US region receives events, /v1 included.",
        ),
        Setting(
            name="SEGMENT_EU_URL",
            kind=urls.address("https://events.eu1.segmentapis.com/v1"),
            default="https://events.eu1.segmentapis.com/v1",
            about="Where the EU region receives events, /v1 included.",
        ),
        Setting(
            name="SEGMENT_CDN_URL",
            kind=urls.address("https://cdn.segment.com/v1"),
            default="https://cdn.segment.com/v1",
            about="Where a source's settings are served. Shows whether Segment knows a"
            " write key.",
        ),
        Setting(
            name="SANDBOX_URL",
            kind=urls.address("http://127.0.0.1:8002"),
            about="The sandbox Segment, without /v1. If set, customers can choose the region"
            ' "Sandbox".',
        ),
    ),
    "Limits and logs": (
        Setting(
            name="DEDUP_WINDOW_HOURS",
            kind=kinds.whole(24, 8_760, "hours"),
            default="48",
            about="Hours in which a messageId is accepted once. Segment guarantees 24.",
        ),
        Setting(
            name="INGEST_MAX_CONNECTIONS",
            kind=kinds.whole(1, 1_000_000, "connections"),
            default="4000",
            about="Connections that one ingest process keeps open; beyond it the most idle"
            " are closed. Fewer, if the system lets a process open fewer files.",
        ),
        Setting(
            name="MAX_STREAM_WORKSPACES",
            kind=kinds.whole(0, 10**9, "workspaces"),
            default="100000",
            about="Workspaces of one stream, above which events of new ones are throttled"
            " (429). 0: no limit.",
        ),
        Setting(
            name="MAX_NEW_WORKSPACES_PER_MINUTE",
            kind=kinds.whole(0, 10**9, "workspaces"),
            default="1000",
            about="Workspaces that events may create in one stream in a minute; events of"
            " the others are throttled (429). 0: no limit.",
        ),
        Setting(
            name="MAX_FEED_BACKLOG_EVENTS",
            kind=kinds.whole(0, 10**12, "events"),
            default="10000000",
            about="Queued events of one workspace in one stream, above which its events"
            " are answered with 429. 0: no limit.",
        ),
        Setting(
            name="MAX_BACKLOG_EVENTS",
            kind=kinds.whole(0, 10**12, "events"),
            default="50000000",
            about="Queued events in total, above which all events are answered with 503."
            " 0: no limit.",
        ),
        Setting(
            name="MIN_FREE_DISK_BYTES",
            kind=kinds.whole(0, 10**15, "bytes"),
            default="1073741824",
            about="Bytes that must stay free on the disks of VAR_DIR and of SQLite; below,"
            " events are answered with 503. Free space on PostgreSQL's own disk is not"
            " visible to the portal: monitor it there.",
        ),
        Setting(
            name="MAX_DATABASE_BYTES",
            kind=kinds.whole(0, 10**15, "bytes"),
            default="0",
            about="Bytes that the database may grow to; then events are answered with 503."
            " For PostgreSQL, whose disk must also hold its write-ahead log and what"
            " vacuum has not freed yet. 0: no limit.",
        ),
        Setting(
            name="SEGMENT_TIMEOUT_S",
            kind=kinds.decimal(1, 300, "seconds"),
            default="30.0",
            about="Seconds that one request to Segment may take in total, to the last byte.",
        ),
        Setting(
            name="LEASE_S",
            kind=kinds.decimal(5, 600, "seconds"),
            default="10.0",
            about="Seconds after which another worker takes over the streams of a worker"
            " that stopped.",
        ),
        Setting(
            name="SENDER_THREADS",
            kind=kinds.whole(1, 512, "requests"),
            default="32",
            about="Requests to Segment that one stream may have in progress at once; half"
            " of them per region.",
        ),
        Setting(
            name="LOG_LEVEL",
            kind=kinds.choice("DEBUG", "INFO", "WARNING", "ERROR"),
            default="INFO",
            about="The least severe messages that are logged.",
        ),
        Setting(
            name="LOG_FORMAT",
            kind=kinds.choice("text", "json"),
            about="Empty: text in a terminal and in `manage.py up`, otherwise json. With"
            " json, each line that a process prints is one JSON object, also tracebacks"
            " and refusals to start. What a command prints as its result stays text.",
        ),
    ),
}

SETTINGS = {each.name: each for section in SECTIONS.values() for each in section}
