"""Create rows for tests, with defaults that fit together.

    feed = factories.feed()                  # with a partner, a stream and a workspace
    cursor = factories.due_cursor(events=3)  # connected, with three queued events
    cast = factories.cast()                  # Alice edits, Bob views, Charlie is elsewhere

Everything that is not given is created new each time: two feeds share nothing. Times are
`NOW`, which is in the past for the clock of any machine.
"""

from __future__ import annotations

import gzip
import itertools
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from streams.alerts.models import Alert, Notice
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.alerts.webhooks.services import add_endpoint
from streams.base.clock import iso_ms, now
from streams.base.ids import Secret, new_secret, public_id
from streams.catalog.models import Stream
from streams.catalog.pages.initial_text import starting_text
from streams.catalog.pages.models import PageVersion
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.pages.services import set_logo
from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import PlannedEvent, TrackingPlan, to_json
from streams.catalog.plans.rules import EVENT as UNPLANNED
from streams.connections.models import Connection
from streams.connections.regions import Region
from streams.connections.write_keys import WriteKey, seal_write_key
from streams.delivery.append import accept
from streams.delivery.models import Cursor, CursorMark, Delivery, Rejection
from streams.delivery.replay.models import Replay
from streams.events.erasure.models import Erasure
from streams.events.log import FeedAddition, NewEvent
from streams.events.models import Event, Feed
from streams.events.quarter_hours import quarter
from streams.exports.models import Export
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.inbound.services import open_address
from streams.identity.links import IdentityFact, Origin, learn
from streams.identity.models import Conflict, OriginKind
from streams.observability.issues.counter import IssueCounter, hour_of
from streams.observability.issues.flusher import flush
from streams.observability.requests.models import RefusedRequests
from streams.privacy.requests import request_erasure
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    PartnerToken,
    User,
    Workspace,
    WorkspaceMembership,
)
from streams.uploads.models import Upload, UploadPart, UploadReport

if TYPE_CHECKING:
    from streams.identity.inbound_address import InboundAddress
    from streams.spec.issues import Issue

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
# A valid key to paste. Connections made here have their own keys (`write_key()`),
# because no two feeds may share one.
WRITE_KEY = "SandboxTestWriteKey0000000000001"

_numbers = itertools.count(1)


# --- Tenants and people --------------------------------------------------------------


def partner(**fields) -> Partner:
    number = next(_numbers)
    return Partner.objects.create(
        **{"name": f"Partner {number}", "slug": f"partner-{number}", **fields}
    )


def workspace(partner: Partner | None = None, **fields) -> Workspace:
    number = next(_numbers)
    named = {"name": f"Workspace {number}", "external_id": f"workspace-{number}"}
    return Workspace.objects.create(
        partner=partner or _new_partner(), **{**named, **fields}
    )


def user(email: str | None = None, **fields) -> User:
    """Create a user who signs in with PASSWORD."""
    email = email or f"user-{next(_numbers)}@example.com"
    return User.objects.create_user(email, PASSWORD, **fields)


def staff(email: str | None = None) -> User:
    """Create an operator with all permissions."""
    return user(email, is_staff=True, is_superuser=True)


def member(
    workspace: Workspace, role: str = "editor", email: str | None = None
) -> User:
    person = user(email)
    WorkspaceMembership.objects.create(user=person, workspace=workspace, role=role)
    return person


def partner_member(
    partner: Partner, role: str = "developer", email: str | None = None
) -> User:
    person = user(email)
    PartnerMembership.objects.create(user=person, partner=partner, role=role)
    return person


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Everyone whom a page must tell apart."""

    partner: Partner
    stream: Stream
    workspace: Workspace
    feed: Feed
    anna: User  # admin of the workspace
    alice: User  # editor
    bob: User  # viewer
    petra: User  # admin of the partner
    dev: User  # developer of the partner
    sam: User  # support of the partner
    elsewhere: Workspace  # another workspace of the same partner
    charlie: User  # admin there, and without access here
    rival: Partner  # another tenant
    rita: User  # admin there
    olga: User  # operator


def cast() -> Cast:
    feed_ = feed()
    here, owner = feed_.workspace, feed_.workspace.partner
    elsewhere, rival = workspace(owner), partner()
    return Cast(
        partner=owner,
        stream=feed_.stream,
        workspace=here,
        feed=feed_,
        anna=member(here, "admin", "anna@northwind.example"),
        alice=member(here, "editor", "alice@northwind.example"),
        bob=member(here, "viewer", "bob@northwind.example"),
        petra=partner_member(owner, "admin", "petra@postbox.example"),
        dev=partner_member(owner, "developer", "dev@postbox.example"),
        sam=partner_member(owner, "support", "sam@postbox.example"),
        elsewhere=elsewhere,
        charlie=member(elsewhere, "admin", "charlie@fern.example"),
        rival=rival,
        rita=partner_member(rival, "admin", "rita@rival.example"),
        olga=staff("olga@portal.example"),
    )


# --- Streams, feeds, tokens ----------------------------------------------------------


def stream(partner: Partner | None = None, **fields) -> Stream:
    number = next(_numbers)
    named = {"name": f"Stream {number}", "slug": f"stream-{number}", "stage": "live"}
    return Stream.objects.create(
        partner=partner or _new_partner(), **{**named, **fields}
    )


def published_plan(stream: Stream, *names: str, **fields) -> PlanVersion:
    """Publish a plan of track events without properties."""
    plan = TrackingPlan(events=tuple(PlannedEvent(name=name) for name in names))
    given = {"number": 1, "published_at": NOW, **fields}
    return PlanVersion.objects.create(stream=stream, content=to_json(plan), **given)


def feed(stream: Stream | None = None, workspace: Workspace | None = None) -> Feed:
    """Create a feed without an ingest key; `ingest_key(feed)` adds one."""
    if stream is None:
        stream = _new_stream(workspace and workspace.partner)
    return Feed.objects.create(
        stream=stream, workspace=workspace or _new_workspace(stream.partner)
    )


def ingest_key(feed: Feed) -> Secret:
    secret = new_secret("ik_")
    feed.ingest_key_digest, feed.ingest_key_hint = secret.digest, secret.hint
    feed.save(update_fields=["ingest_key_digest", "ingest_key_hint"])
    return secret


def inbound_address(feed: Feed | None = None) -> tuple[InboundAddress, Secret]:
    """An address that receives events from Segment, and its secret."""
    address, secret = open_address(feed=feed or _new_feed(), actor=None)
    assert secret is not None
    return address, secret


def token(stream: Stream | None = None, **fields) -> tuple[PartnerToken, Secret]:
    stream, secret = stream or _new_stream(), new_secret("pt_")
    row = PartnerToken.objects.create(
        partner=stream.partner,
        stream=stream,
        digest=secret.digest,
        hint=secret.hint,
        **{"name": "Production", **fields},
    )
    return row, secret


def refused_requests(
    subject: str, stream: Stream, status: int, *, count: int, **times: datetime
) -> RefusedRequests:
    """Store refused requests with a key, by default a moment ago."""
    at = now()
    times = {"first_at": at, "last_at": at, **times}
    return RefusedRequests.objects.create(
        at=hour_of(times["first_at"]),
        subject=subject,
        status=status,
        stream=stream,
        count=count,
        **times,
    )


# --- A stream's docs ------------------------------------------------------------------

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>'


def page_version(stream: Stream, kind: str = "source", **fields) -> PageVersion:
    """Create a docs page, published by default."""
    usual = {"number": 1, "text": "{{ about }}", "published_at": NOW, "edited_at": NOW}
    return PageVersion.objects.create(stream=stream, kind=kind, **{**usual, **fields})


def published_pages(stream: Stream) -> None:
    """Publish both pages with their initial text, and a logo."""
    for kind in PageKind:
        page_version(stream, kind, text=starting_text(kind, stream))
    set_logo(stream=stream, upload=LOGO, actor=None)


# --- Connections, cursors, events ----------------------------------------------------


def write_key() -> str:
    """Return a new write key of the right format."""
    return f"TestWriteKey{next(_numbers):020d}"


def connection(
    feed: Feed | None = None,
    *,
    write_key: str | None = None,
    region: str = Region.SANDBOX,
    **fields,
) -> Connection:
    """Create a connection with an encrypted key and without a cursor."""
    feed, name = feed or _new_feed(), public_id()
    key = WriteKey(write_key or _new_write_key())
    return Connection.objects.create(
        feed=feed,
        public_id=name,
        region=region,
        **seal_write_key(key, public_id=name, feed_id=feed.pk),
        **{"created_at": NOW, "status_at": NOW, **fields},
    )


def cursor(connection: Connection | None = None, **fields) -> Cursor:
    """Create a connection's live cursor, at the start of its feed and idle."""
    connection = connection or _new_connection()
    return Cursor.objects.create(
        connection=connection,
        feed=connection.feed,
        stream=connection.feed.stream,
        **{"start": 0, "position": 0, **fields},
    )


def live_cursors(stream: Stream, count: int) -> list[Cursor]:
    """Create idle cursors of as many workspaces of a stream, whose keys can't be read."""
    workspaces = Workspace.objects.bulk_create(
        Workspace(partner=stream.partner, name=f"W {n}", external_id=f"w-{n}")
        for n in range(count)
    )
    feeds = Feed.objects.bulk_create(
        Feed(stream=stream, workspace=one) for one in workspaces
    )
    connections = Connection.objects.bulk_create(
        Connection(
            feed=feed, region="sandbox", key_ciphertext=b"", key_ring_id="t1",
            key_fingerprint=f"{feed.pk:064}", key_last4="test",
        )
        for feed in feeds
    )  # fmt: skip
    return Cursor.objects.bulk_create(
        Cursor(connection=one, feed=one.feed, stream=stream, start=0, position=0)
        for one in connections
    )


def due_cursor(events: int = 3, connection: Connection | None = None) -> Cursor:
    """Create a live cursor with this many events to send, due since NOW."""
    made = cursor(connection)
    append(made.feed, events)
    made.refresh_from_db()
    return made


def replay(live: Cursor, *, end: int | None = None, **fields) -> Replay:
    """Create a running replay of what a live cursor has sent.

    `fields` are those of its cursor or its own.
    """
    start = fields.pop("start", 0)
    own = {f.name for f in Replay._meta.fields} & fields.keys()
    kept = {name: fields.pop(name) for name in own}
    made = cursor(
        live.connection,
        kind=Cursor.Kind.REPLAY,
        **{
            "start": start,
            "position": start,
            "end_seq": live.position if end is None else end,
            "due_at": NOW,
            **fields,
        },
    )
    return Replay.objects.create(cursor=made, requested_at=NOW, **kept)


def append(feed: Feed, events: int = 1, *, now: datetime = NOW, **changes) -> list[int]:
    """Append events to the log as ingest does; return their numbers."""
    added = FeedAddition(
        feed.pk, [event(feed.stream, **changes) for _ in range(events)]
    )
    [seqs] = accept([added], now=now).seqs
    feed.refresh_from_db()
    return seqs


def quarantined(
    feed: Feed,
    events: int = 1,
    *,
    rule: str = "PLAN-EVENT-001",
    now: datetime = NOW,
    **changes,
) -> list[str]:
    """Quarantine events as ingest does; return their messageIds."""
    group = [event(feed.stream, **changes).quarantined(rule) for _ in range(events)]
    accept([FeedAddition(feed.pk, group)], now=now)
    feed.refresh_from_db()
    return [one.message_id for one in group]


def found(
    feed: Feed,
    name: str = "Mail Opened",
    issue: Issue | None = None,
    *,
    events: int = 1,
    at: datetime = NOW,
) -> None:
    """Count issues of events as ingest does."""
    counter = IssueCounter()
    issue = issue or UNPLANNED.issue("event", "No such event.", "Add it.")
    shown = json.dumps({"type": "track", "event": name, "userId": "text, 6 characters"})
    for _ in range(events):
        counter.count(feed.pk, name, [issue], at=at, sample=lambda: shown)
    flush(counter)


def expired(feed: Feed, up_to: int) -> None:
    """Mark these events as past their retention, and delete their rows."""
    Event.objects.filter(feed=feed, seq__lte=up_to).delete()
    feed.expired_seq = up_to
    feed.save(update_fields=["expired_seq"])


def event(stream: Stream | None = None, **changes) -> NewEvent:
    """Return an event as event_preparation.py leaves it. `changes` are fields of its JSON."""
    number = next(_numbers)
    content = {
        "type": "track",
        "event": "Email Opened",
        "userId": f"user-{number}",
        "messageId": f"message-{number}",
        "timestamp": iso_ms(NOW),
        "receivedAt": iso_ms(NOW),
        "properties": {"campaign_id": "spring"},
        "context": {
            "integration": {
                "name": stream.slug if stream else "postbox",
                "version": stream.version if stream else "1.0.0",
            }
        },
        **changes,
    }
    return NewEvent(
        type=content["type"],
        name=content.get("event") or content.get("name") or "",
        user_id=(content.get("userId") or "")[:200],
        message_id=content["messageId"],
        payload=msgspec.json.encode(content),
    )


def export(feed: Feed, *, requested_by: User | None = None, **fields) -> Export:
    """Create a completed export with an empty file, as JSON Lines."""
    return Export.objects.create(
        feed=feed,
        requested_by=requested_by or user(),
        **{
            "requested_at": NOW,
            "format": Export.Format.JSON_LINES,
            "filter": {},
            "top": 1,
            "bottom": 1,
            "position": 1,
            "state": Export.State.COMPLETE,
            "ended_at": NOW,
            **fields,
        },
    )


def upload(feed: Feed, *, requested_by: User | None = None, **fields) -> Upload:
    """Create an upload that was checked, with its file and a report of one conflict."""
    text = b"userId,email\nu-other,anna@fern.example\n"
    counts = {"people": 1, "new": 0, "known": 0, "conflicts": 1, "refused": 0}
    upload = Upload.objects.create(
        feed=feed,
        requested_by=requested_by or user(),
        **{
            "format": Upload.Format.CSV,
            "state": Upload.State.CHECKED,
            "size_bytes": len(text),
            "received_bytes": len(text),
            "parts": 1,
            "columns": [["userId", ""], ["email", ""], None],
            "delimiter": ",",
            "line": 2,
            "is_read": True,
            "checked": counts,
            "reports": 1,
            "reported": 1,
            "expires_at": NOW + timedelta(days=10_000),
            **fields,
        },
    )
    UploadPart.objects.create(upload=upload, number=0, data=gzip.compress(text))
    report = b"line,result\n2,conflict\n"
    UploadReport.objects.create(upload=upload, number=0, data=gzip.compress(report))
    return upload


def webhook_endpoint(
    owner: Workspace | Partner,
    url: str = "https://hooks.example.com/alerts",
    *,
    kind: WebhookEndpoint.Kind = WebhookEndpoint.Kind.WEBHOOK,
    description: str = "",
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint; return it with its signing secret."""
    return add_endpoint(
        owner=owner, kind=kind, url=url, description=description, actor=user()
    )


def webhook_message(
    endpoint: WebhookEndpoint, about: Alert | None, **fields
) -> WebhookMessage:
    """Create a message about the start of an alert, or a test."""
    transitions = WebhookMessage.Transition
    usual = {
        "transition": transitions.OPENED if about else transitions.TEST,
        "due_at": NOW,
        "expires_at": NOW,
        "duration_ms": 120,
    }
    return WebhookMessage.objects.create(
        endpoint=endpoint, alert=about, **{**usual, **fields}
    )


def alert(
    connection: Connection | None = None, *, to: User | None = None, **fields
) -> Alert:
    """Create an open alert with an unsent notice to an admin."""
    connection = connection or _new_connection()
    workspace = connection.feed.workspace
    made = Alert.objects.create(
        subject=f"connection:{connection.pk}",
        connection=connection,
        feed=connection.feed,
        workspace=workspace,
        stream=connection.feed.stream,
        partner=workspace.partner,
        **{
            "condition": Alert.Condition.ATTENTION,
            "reason": "Segment rejected the write key (401).",
            "since": NOW,
            "opened_at": NOW,
            **fields,
        },
    )
    Notice.objects.create(
        alert=made,
        transition=Notice.Transition.OPENED,
        recipient=to or member(workspace, "admin"),
        due_at=NOW,
        expires_at=NOW,
    )
    return made


def in_inbox(alert: Alert, user: User, **fields) -> Notice:
    """Create a notice about a workspace's alert, which has arrived in a person's inbox."""
    usual = {
        "transition": Notice.Transition.OPENED,
        "workspace": alert.workspace,
        **dict.fromkeys(("due_at", "expires_at", "sent_at"), NOW),
    }
    return Notice.objects.create(
        alert=alert, channel="inbox", recipient=user, **{**usual, **fields}
    )


# --- Results of delivery -------------------------------------------------------------


def delivery(cursor: Cursor, first_seq: int, last_seq: int, **fields) -> Delivery:
    """Create a delivery attempt of a cursor without moving the cursor."""
    usual = {
        "events": last_seq - first_seq + 1,
        "body_bytes": 1000,
        "started_at": NOW,
        "duration_ms": 80,
        "outcome": Delivery.Outcome.DELIVERED,
        "status_code": 200,
    }
    return Delivery.objects.create(
        cursor=cursor,
        connection=cursor.connection,
        first_seq=first_seq,
        last_seq=last_seq,
        **{**usual, **fields},
    )


def delivered(cursor: Cursor, up_to: int, *, now: datetime = NOW) -> Delivery:
    """Have Segment accept everything up to this number in one request."""
    taken = delivery(cursor, cursor.position + 1, up_to, started_at=now)
    _settle(cursor, up_to, now)
    cursor.last_delivered_at = now
    cursor.save()
    return taken


def rejected(cursor: Cursor, *, now: datetime = NOW, reason: str = "Bad") -> Rejection:
    """Have Segment reject the next event permanently."""
    seq = cursor.position + 1
    refused = {"outcome": Delivery.Outcome.REJECTED, "status_code": 400}
    delivery(cursor, seq, seq, started_at=now, **refused)
    row = Rejection.objects.create(
        connection=cursor.connection,
        cursor=cursor,
        seq=seq,
        reason=reason,
        status_code=400,
        created_at=now,
    )
    _settle(cursor, seq, now)
    cursor.rejected += 1
    cursor.save()
    return row


def _settle(cursor: Cursor, position: int, now: datetime) -> None:
    mark = {"position": cursor.position, "rejected": cursor.rejected}
    CursorMark.objects.get_or_create(
        cursor_id=cursor.pk, at=quarter(now), defaults=mark
    )
    cursor.feed.refresh_from_db()
    cursor.position = position
    cursor.due_at = now if position < cursor.feed.head_seq else None


# Parameters are named after their contents, which hides the functions of the same name.
_new_partner, _new_workspace, _new_stream = partner, workspace, stream
_new_feed, _new_connection, _new_write_key = feed, connection, write_key


def erasure(feed: Feed, user_id: str = "ada") -> Erasure:
    """Request the erasure of a person, which a worker has not begun."""
    return request_erasure(
        feed, origin=Erasure.Origin.PAGE, user_id=user_id, actor=None
    )


def identity_conflict(feed: Feed) -> Conflict:
    """Create a link of an email address, and an open conflict of its userIds."""
    kim = Identifier(kind=IdentifierKind.EMAIL, value="kim@example.com")
    for user_id in ("user-1", "user-2"):
        origin = Origin(OriginKind.INBOUND, "project-1", f"of-{user_id}")
        learn(feed.pk, [IdentityFact(user_id, (kim,), NOW, origin)])
    return Conflict.objects.get(feed=feed)
