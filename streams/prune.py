"""The hourly `prune` task: deletes everything that is past its retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.alerts import retention as alerts
from streams.audit import retention as audit
from streams.base import form_claims
from streams.base.outbox import delete_old_emails, outbox_folder
from streams.delivery.retention import pruning
from streams.events import feeds
from streams.events.retention.bounded_delete import delete_before
from streams.exports import services as exports
from streams.identity.inbound_address import MESSAGES_KEPT
from streams.observability.issues.expiry import forget
from streams.observability.requests import refusals
from streams.observability.user_id_lookups import store as user_id_lookups
from streams.tracked_users import store as tracked_users
from streams.uploads import services as uploads

if TYPE_CHECKING:
    from datetime import datetime


INBOUND = "streams_inboundmessage"


def prune(*, now: datetime) -> pruning.PruneResult:
    """Delete expired events, old delivery attempts, counts of issues, refused requests and lookups of userIds, tracked users, replaced keys, form claims, exports, uploads, messageIds of events from Segment, alerts, activity log entries and kept emails."""
    done = pruning.prune(now=now)
    done.rows["findings"] += forget(now)
    done.rows["streams_refusedrequests"] += refusals.forget(now)
    done.rows["streams_lookupday"] += user_id_lookups.forget(now)
    done.rows["streams_trackedusers"] += tracked_users.forget(now)
    done.rows["streams_replacedingestkey"] += feeds.forget_replaced_keys(now)
    done.rows["streams_formclaim"] += form_claims.forget(now)
    done.rows["streams_export"] += exports.forget(now)
    done.rows["streams_upload"] += uploads.forget(now)
    done.rows[INBOUND] += delete_before(INBOUND, "received_at", now - MESSAGES_KEPT)
    done.rows["streams_alert"] += alerts.forget(now)
    done.rows["streams_auditentry"] += audit.forget(now)
    if (outbox := outbox_folder()) is not None:
        delete_old_emails(outbox)
    return done
