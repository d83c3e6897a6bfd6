"""Imports all models for Django."""

from __future__ import annotations

from streams.alerts.models import Alert, Notice
from streams.alerts.people.models import AudienceState, NoticeChoice
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.audit.models import AuditEntry
from streams.base.form_claims import FormClaim
from streams.base.models import RateCount
from streams.catalog.models import Stream
from streams.catalog.pages.models import Logo, PageVersion, StreamProfile
from streams.catalog.plans.models import PlanVersion
from streams.connections.models import Connection
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor, CursorMark, Delivery, Lease, Rejection
from streams.delivery.replay.models import Replay
from streams.events.data_loss.models import Generation
from streams.events.erasure.models import Erasure
from streams.events.models import (
    Event,
    Feed,
    FeedMark,
    QuarantinedEvent,
    QuarantineJob,
    ReplacedIngestKey,
    SeenMessage,
)
from streams.exports.models import Export, ExportPart
from streams.identity.inbound_address import InboundAddress, InboundMessage
from streams.identity.models import (
    Conflict,
    IdentityKey,
    IdentityMap,
    Link,
    LinkChange,
    SuppressedKey,
    SuppressedPerson,
)
from streams.observability.issues.models import IssueHour, IssueKind
from streams.observability.requests.models import RefusedRequests
from streams.observability.user_id_lookups.models import LookupDay
from streams.observability.work_figures.models import StoredFigures
from streams.review.models import LiveRequest, Submission, Suspension
from streams.review.qa.models import QaRun
from streams.sign_in.sso.models import SsoDomain, SsoProvider
from streams.tenancy.invitation_model import Invitation
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    PartnerToken,
    User,
    Workspace,
    WorkspaceMembership,
)
from streams.tenancy.saved_filters.models import SavedFilter
from streams.tracked_users.models import TrackedUsers, TrackedUsersKey
from streams.uploads.models import CheckedLink, Upload, UploadPart, UploadReport

__all__ = [
    "Alert",
    "AudienceState",
    "AuditEntry",
    "CheckedLink",
    "Conflict",
    "Connection",
    "Cursor",
    "CursorMark",
    "Delivery",
    "Erasure",
    "Event",
    "Export",
    "ExportPart",
    "Feed",
    "FeedMark",
    "FormClaim",
    "Generation",
    "Halt",
    "IdentityKey",
    "IdentityMap",
    "InboundAddress",
    "InboundMessage",
    "Invitation",
    "IssueHour",
    "IssueKind",
    "Lease",
    "Link",
    "LinkChange",
    "LiveRequest",
    "Logo",
    "LookupDay",
    "Notice",
    "NoticeChoice",
    "PageVersion",
    "Partner",
    "PartnerMembership",
    "PartnerToken",
    "PlanVersion",
    "QaRun",
    "QuarantineJob",
    "QuarantinedEvent",
    "RateCount",
    "RefusedRequests",
    "Rejection",
    "ReplacedIngestKey",
    "Replay",
    "SavedFilter",
    "SeenMessage",
    "SsoDomain",
    "SsoProvider",
    "StoredFigures",
    "Stream",
    "StreamProfile",
    "Submission",
    "SuppressedKey",
    "SuppressedPerson",
    "Suspension",
    "TrackedUsers",
    "TrackedUsersKey",
    "Upload",
    "UploadPart",
    "UploadReport",
    "User",
    "WebhookEndpoint",
    "WebhookMessage",
    "Workspace",
    "WorkspaceMembership",
]
