"""The sentences and pages of each condition, for workspaces and for partners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.alerts.models import Alert

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Condition = Alert.Condition
# Placeholders are the names of the stream and of the workspace.
SENTENCES: dict[str, StrOrPromise] = {
    Condition.ATTENTION: _(
        "Events from %(stream)s are no longer delivered to the Segment source of"
        " %(workspace)s. They stay queued until someone fixes the connection."
    ),
    Condition.RETRYING: _(
        "Attempts to deliver events from %(stream)s to the Segment source of"
        " %(workspace)s fail. The events stay queued, and we keep retrying. You don't"
        " need to do anything."
    ),
    Condition.LATE: _(
        "Events from %(stream)s wait longer than usual before they are delivered to the"
        " Segment source of %(workspace)s. You don't need to do anything."
    ),
    Condition.KEY_UNKNOWN: _(
        "Segment doesn't recognize the write key of the connection from %(stream)s to"
        " %(workspace)s. It accepts such events and discards them."
    ),
    Condition.EXPIRING_WEEK: _(
        "Queued events from %(stream)s to %(workspace)s expire within a week if they aren't"
        " delivered before. Expired events are deleted."
    ),
    Condition.EXPIRING_DAY: _(
        "Queued events from %(stream)s to %(workspace)s expire within a day if they aren't"
        " delivered before. Expired events are deleted."
    ),
    Condition.QUARANTINE: _(
        "Events from %(stream)s to %(workspace)s are in quarantine: they broke a rule, or"
        " have waited for a userId for a day. They are delivered only if someone releases"
        " them, or when the userId is known."
    ),
    Condition.ISSUES: _(
        "In an hour, more than 5%% of the events from %(stream)s to %(workspace)s had errors."
    ),
    Condition.VOLUME_STOPPED: _(
        "No events arrive from %(stream)s for %(workspace)s, although there were many in the"
        " same hour a week before."
    ),
    Condition.VOLUME_JUMPED: _(
        "In an hour, %(stream)s sent at least ten times as many events for %(workspace)s as"
        " in the same hour a week before."
    ),
    Condition.REPLAY_FINISHED: _(
        "The replay of events from %(stream)s to %(workspace)s has completed."
    ),
    Condition.REPLAY_STOPPED: _(
        "The replay of events from %(stream)s to %(workspace)s stopped before its end."
    ),
    Condition.HALTED: _(
        "The operator of the portal has paused the delivery of %(stream)s. Events stay"
        " queued. You don't need to do anything."
    ),
    Condition.STAGE: _("The launch stage of %(stream)s has changed."),
    Condition.TOKEN_EXPIRING: _(
        "Requests with an expired API token of %(stream)s are refused."
    ),
    Condition.KEY_REFUSED: _(
        "Events of %(stream)s aren't stored, because their key is invalid."
    ),
    Condition.TOO_LARGE: _(
        "Events of %(stream)s aren't stored, because their requests are too large."
    ),
    Condition.QUEUE_FULL: _(
        "New events from %(stream)s for %(workspace)s are refused, because too many events are"
        " queued. They are accepted again when queued events are delivered or expire."
    ),
}
DELIVERED_AGAIN = _(
    "Events from %(stream)s are delivered to the Segment source of %(workspace)s"
    " again. Queued events are delivered first, oldest first."
)
RECOVERED: dict[str, StrOrPromise] = {
    Condition.KEY_UNKNOWN: _(
        "The connection from %(stream)s to %(workspace)s no longer has an unknown write key."
    ),
    Condition.VOLUME_STOPPED: _(
        "Events arrive from %(stream)s for %(workspace)s again."
    ),
}
# The label of the number that an alert is about.
COUNTS: dict[str, StrOrPromise] = {
    Condition.EXPIRING_WEEK: _("Events that expire"),
    Condition.EXPIRING_DAY: _("Events that expire"),
    Condition.QUARANTINE: _("Events in quarantine"),
    Condition.ISSUES: _("Events with errors"),
    Condition.VOLUME_STOPPED: _("Events in the hour a week before"),
    Condition.VOLUME_JUMPED: _("Events in the hour"),
    Condition.KEY_REFUSED: _("Refused requests"),
    Condition.TOO_LARGE: _("Refused requests"),
    Condition.QUEUE_FULL: _("Refused requests"),
    Condition.REPLAY_FINISHED: _("Events delivered"),
    Condition.REPLAY_STOPPED: _("Events delivered"),
}
PARTNER_SENTENCES: dict[str, StrOrPromise] = {
    Condition.ATTENTION: _(
        "Events stay queued until an admin or editor of the workspace fixes the connection."
        " Admins of the workspace get an email, too."
    ),
    Condition.RETRYING: _(
        "Events stay queued, and we keep retrying. You don't need to do anything."
        " Admins of the workspaces get an email after half an hour."
    ),
    Condition.LATE: _(
        "Events wait longer than usual before they are delivered. You don't need to do"
        " anything. Admins of the workspaces get an email after half an hour."
    ),
    Condition.KEY_UNKNOWN: _(
        "Segment accepts events with an unknown write key and discards them. Admins of the"
        " workspace get an email, too."
    ),
    Condition.EXPIRING_WEEK: _(
        "Events that aren't delivered within a week are deleted. Admins of the workspace get"
        " an email, too."
    ),
    Condition.EXPIRING_DAY: _(
        "Events that aren't delivered within a day are deleted. Admins of the workspace get"
        " an email, too."
    ),
    Condition.QUARANTINE: _(
        "The events broke a rule, or have waited for a userId for a day. They are delivered"
        " only if someone releases them, or when the userId is known."
    ),
    Condition.ISSUES: _(
        "In an hour, more than 5% of the events had errors. The page Issues of the workspace"
        " lists them."
    ),
    Condition.VOLUME_STOPPED: _(
        "There were many events in the same hour a week before. Check that your product"
        " still sends them."
    ),
    Condition.VOLUME_JUMPED: _(
        "There were at least ten times as many events as in the same hour a week before."
        " Check that your product sends each event once."
    ),
    Condition.HALTED: _(
        "Events stay queued until the operator resumes delivery. You don't need to do"
        " anything."
    ),
    Condition.TOKEN_EXPIRING: _(
        "Requests with an expired token are refused. Create a new API token, use it on your"
        " servers, and revoke the old one."
    ),
    Condition.KEY_REFUSED: _(
        "A server sends events with an API token that expired or was revoked, or with two"
        " different keys. The events aren't stored. Send them again with a valid token."
    ),
    Condition.TOO_LARGE: _(
        "The events of these requests aren't stored. Send fewer events in each request. The"
        " ingest guide has the limits."
    ),
    Condition.QUEUE_FULL: _(
        "Too many events of a workspace are queued, so new events are refused. Have your"
        " servers wait for the number of seconds in Retry-After, and send them again. To"
        " empty the queue, the connection of the workspace must work."
    ),
}
# The label of the reasons, for alerts that aren't about workspaces: each has one.
PARTNER_REASONS: dict[str, StrOrPromise] = {
    Condition.TOKEN_EXPIRING: _("API tokens"),
    Condition.KEY_REFUSED: _("Keys"),
    Condition.TOO_LARGE: _("Keys"),
    Condition.QUEUE_FULL: _("Keys"),
}
NO_WORKSPACE = _("No workspace of %(stream)s has this problem anymore.")
PARTNER_RECOVERED: dict[str, StrOrPromise] = {
    Condition.HALTED: _("The operator has resumed the delivery of %(stream)s."),
}
# The page of the workspace that shows it, and the label of the link.
PAGES: dict[str, tuple[StrOrPromise, str]] = {
    Condition.KEY_UNKNOWN: (_("Replace write key"), "connection-change"),
    Condition.QUARANTINE: (_("Review quarantine"), "quarantine"),
    Condition.ISSUES: (_("View issues"), "issues"),
    Condition.VOLUME_STOPPED: (_("View overview"), "overview"),
    Condition.VOLUME_JUMPED: (_("View overview"), "overview"),
    Condition.REPLAY_FINISHED: (_("View replays"), "replays"),
    Condition.REPLAY_STOPPED: (_("View replays"), "replays"),
}
STATUS_PAGE = (_("View status"), "connection")
# Of the pages with a form, the page that viewers see instead.
FOR_VIEWERS = {"connection-change": "connection"}
# The page of the partner that shows it, and the label of the link.
PARTNER_PAGES: dict[str, tuple[StrOrPromise, str]] = {
    Condition.TOKEN_EXPIRING: (_("View API tokens"), "partner-tokens"),
    Condition.KEY_REFUSED: (_("View requests"), "partner-requests"),
    Condition.TOO_LARGE: (_("View requests"), "partner-requests"),
    Condition.QUEUE_FULL: (_("View requests"), "partner-requests"),
}
CUSTOMERS_PAGE = (_("View workspaces"), "partner")
# The same for alerts about a stream as a whole.
PARTNER_STREAM_PAGES: dict[str, tuple[StrOrPromise, str]] = {
    Condition.HALTED: (_("View stream"), "partner-stream-overview"),
    Condition.STAGE: (_("View launch checklist"), "partner-stream-launch"),
    Condition.QUARANTINE: (_("Review quarantine"), "partner-stream-quarantine"),
}


def subject_of(alert: Alert, names: dict[str, str]) -> str:
    """Return the subject of an email to a workspace. `names` has its stream and itself."""
    title = {"alert": alert.get_condition_display()}
    return gettext("%(alert)s: %(stream)s, %(workspace)s") % (title | names)


def partner_subject_of(alert: Alert, stream: str) -> str:
    """Return the subject of an email to a partner that doesn't count the workspaces."""
    title = {"alert": alert.get_condition_display(), "stream": stream}
    return gettext("%(alert)s: %(stream)s") % title
