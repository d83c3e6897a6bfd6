"""Activity log entries as sentences without a subject, such as “Approved the stream”.

There is one row for each recorded action. An action without a row is shown by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from streams.audit.identity_sentences import IDENTITY
from streams.audit.words import value_in_words

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Placeholders are keys of the entry's detail.
SENTENCES: dict[str, StrOrPromise] = {
    "partner.created": _("Created the partner"),
    "partner.changed": _("Changed the partner: %(fields)s"),
    "stream.created": _("Created the stream %(stream)s"),
    "stream.changed": _("Changed the stream settings"),
    "stream.readings_chosen": _("Changed the Spec exceptions"),
    "stream.identity_chosen": _("Changed how userIds are found"),
    "stream.profile_changed": _("Changed the tool's details in the docs"),
    "stream.logo_changed": _("Changed the logo"),
    "stream.logo_removed": _("Removed the logo"),
    "stream.submitted": _(
        "Submitted the stream for review, with plan version %(plan_version)s"
    ),
    "stream.approved": _("Approved the stream"),
    "stream.sent_back": _("Requested changes to the stream"),
    "stream.qa_started": _("Started QA"),
    "stream.live_asked": _("Requested the launch"),
    "stream.live_declined": _("Declined the launch request"),
    "stream.went_live": _("Launched the stream"),
    "stream.suspended": _("Suspended the stream"),
    "stream.resumed": _("Resumed the stream"),
    "qa.run": ngettext_lazy(
        "Ran the QA test in %(workspaces)s test workspace",
        "Ran the QA test in %(workspaces)s test workspaces",
        "workspaces",
    ),
    "plan.drafted": _("Edited the draft of plan version %(version)s"),
    "plan.discarded": _("Discarded the draft of plan version %(version)s"),
    "plan.published": ngettext_lazy(
        "Published plan version %(version)s with %(events)s event",
        "Published plan version %(version)s with %(events)s events",
        "events",
    ),
    "page.saved": _("Saved draft version %(number)s of the %(page)s page"),
    "page.published": _("Published version %(number)s of the %(page)s page"),
    "token.created": _("Created the API token “%(name)s” (%(hint)s…)"),
    "token.created_until": _(
        "Created the API token “%(name)s” (%(hint)s…), which expires on %(expires)s"
    ),
    "token.revoked": _("Revoked the API token “%(name)s” (%(hint)s…)"),
    "member.invited": _("Invited %(member)s with the role %(role)s"),
    "member.invitation_printed": _(
        "Printed an invitation for %(member)s with the role %(role)s"
    ),
    "member.invitation_not_sent": _("Couldn't email the invitation to %(member)s"),
    "member.invitation_withdrawn": _("Revoked the invitation of %(member)s"),
    "member.joined": _("%(member)s joined with the role %(role)s"),
    "member.role_changed": _(
        "Changed the role of %(member)s from %(before)s to %(role)s"
    ),
    "member.removed": _("Removed %(member)s"),
    "alert.acknowledged": _("Acknowledged the alert “%(alert)s”"),
    "alert.muted": _("Muted the alert “%(alert)s” until it closes"),
    "alert.muted_for_hour": _("Muted the alert “%(alert)s” for 1 hour"),
    "alert.muted_for_day": _("Muted the alert “%(alert)s” for 1 day"),
    "alert.unmuted": _("Unmuted the alert “%(alert)s”"),
    "notices.chosen": _("Changed how they get notices about alerts"),
    "notices.tested": _("Sent themselves a test notice"),
    "notices.unsubscribed": _("Unsubscribed from emails about alerts"),
    "user.signed_in": _("Signed in from %(address)s"),
    "user.signed_out": _("Signed out"),
    "user.sign_in_failed": _("Failed to sign in as %(member)s from %(address)s"),
    "user.sign_in_limited": _(
        "Refused to check passwords or codes for %(member)s in one browser, after too many"
        " failed attempts"
    ),
    "user.sso_linked": _(
        "Linked the account of %(member)s to the single sign-on of %(provider)s"
    ),
    "sso.configured": _("Configured single sign-on with %(issuer)s"),
    "sso.changed": _("Changed the configuration of single sign-on"),
    "sso.tested": _("Tested single sign-on with %(issuer)s"),
    "sso.enforced": _("Required single sign-on"),
    "sso.not_enforced": _("Allowed other ways to sign in than single sign-on"),
    "sso.removed": _("Removed single sign-on with %(issuer)s"),
    "sso.domains_changed": _("Changed the email domains to %(domains)s"),
    "user.password_changed": _("Changed their password from %(address)s"),
    "user.password_reset": _("Reset their password by email from %(address)s"),
    "user.reset_link_emailed": _("Emailed %(member)s a link to reset their password"),
    "user.password_set_by_operator": _("Set the password of %(member)s"),
    "user.email_changed_by_operator": _(
        "Changed the email of %(before)s to %(member)s"
    ),
    "user.totp_added": _("Added an authenticator app from %(address)s"),
    "user.totp_removed": _("Removed the authenticator app from %(address)s"),
    "user.passkey_added": _("Added a passkey from %(address)s"),
    "user.passkey_removed": _("Removed a passkey from %(address)s"),
    "user.recovery_codes_created": _("Created recovery codes from %(address)s"),
    "user.recovery_code_used": _("Used a recovery code from %(address)s"),
    "user.sessions_ended": _("Signed out of other sessions, from %(address)s"),
    "user.signed_out_by_operator": ngettext_lazy(
        "Signed %(member)s out everywhere: %(sessions)s session",
        "Signed %(member)s out everywhere: %(sessions)s sessions",
        "sessions",
    ),
    "user.code_failed": _("Entered a wrong code for %(member)s from %(address)s"),
    "user.second_factor_reset": _(
        "Reset two-factor authentication of %(member)s from the command line"
    ),
    "second_factors.renewed": ngettext_lazy(
        "Re-encrypted %(count)s second factor",
        "Re-encrypted %(count)s second factors",
        "count",
    ),
    "user.created": _("Created the user %(row)s"),
    "user.changed": _("Changed the user %(row)s: %(fields)s"),
    "impersonation.started": _("Started to view the portal as %(member)s"),
    "impersonation.viewed": _("Viewed pages as %(member)s"),
    "impersonation.ended": _("Stopped viewing the portal as %(member)s"),
    "group.created": _("Created the operator group %(row)s"),
    "group.changed": _("Changed the operator group %(row)s: %(fields)s"),
    "activity.exported": _("Exported the activity log as %(format)s"),
    "support.workspace_opened": _("Opened the workspace"),
    "support.events_opened": _("Opened events of the workspace"),
    "workspace.created": _("Created the workspace"),
    "workspace.changed": _("Changed the workspace: %(fields)s"),
    "workspace.removed": _("Deleted the empty workspace %(name)s (%(external_id)s)"),
    "workspace.second_factor_required": _("Required two-factor authentication"),
    "workspace.second_factor_optional": _("Made two-factor authentication optional"),
    "workspace.late_after": _("Set events to be late after %(minutes)s minutes"),
    "workspace.check_mode": _("Set the validation mode to %(check_mode)s"),
    "feed.opened": _("Added the workspace to the stream %(stream)s"),
    "feed.ingest_key_made": _("Created an ingest key (%(hint)s…)"),
    "connection.made": _("Connected Segment with key %(key)s in region %(region)s"),
    "connection.replaced": _(
        "Changed the connection to key %(key)s in region %(region)s"
    ),
    "connection.paused": _("Paused the connection"),
    "connection.resumed": _("Resumed the connection"),
    "connection.retried": _("Retried the connection"),
    "connection.tested": _("Sent a test event"),
    "connection.seen": _("Confirmed the test event in Segment"),
    "connection.needs_attention": _("Stopped delivery: Segment rejected the events"),
    "connection.deleted": _("Deleted the connection with key %(key)s"),
    "replay.started": _("Started a replay within events %(events)s"),
    "replay.cancelled": _("Canceled a replay within events %(events)s"),
    "export.requested": _("Exported events as %(format)s"),
    "export.attempts_requested": _("Exported delivery attempts as %(format)s"),
    "export.deleted": _("Deleted an export"),
    "quarantine.release": ngettext_lazy(
        "Released %(events)s event from quarantine",
        "Released %(events)s events from quarantine",
        "events",
    ),
    "quarantine.rename": ngettext_lazy(
        "Renamed %(events)s event in quarantine from %(name)s to %(new_name)s",
        "Renamed %(events)s events in quarantine from %(name)s to %(new_name)s",
        "events",
    ),
    "quarantine.discard": ngettext_lazy(
        "Discarded %(events)s event in quarantine",
        "Discarded %(events)s events in quarantine",
        "events",
    ),
    "quarantine.stopped": ngettext_lazy(
        "Stopped an action on quarantined events: %(events)s event stays in quarantine",
        "Stopped an action on quarantined events: %(events)s events stay in quarantine",
        "events",
    ),
    "quarantine.failed": ngettext_lazy(
        "An action on quarantined events failed: %(events)s event stays in quarantine",
        "An action on quarantined events failed: %(events)s events stay in quarantine",
        "events",
    ),
    "quarantine.expired": ngettext_lazy(
        "Deleted %(events)s event in quarantine because its retention ended",
        "Deleted %(events)s events in quarantine because their retention ended",
        "events",
    ),
    "events.expired": ngettext_lazy(
        "%(events)s event expired before delivery",
        "%(events)s events expired before delivery",
        "events",
    ),
    "events.skipped": ngettext_lazy(
        "Skipped %(events)s queued event: number %(first_seq)s",
        "Skipped %(events)s queued events: numbers %(first_seq)s to %(last_seq)s",
        "events",
    ),
    "events.sent_despite_skip": ngettext_lazy(
        "%(events)s skipped event was already being sent, and was delivered",
        "%(events)s skipped events were already being sent, and were delivered",
        "events",
    ),
    **IDENTITY,
    "delivery.halted": _("Halted delivery"),
    "delivery.halt_lifted": _("Lifted a halt of delivery"),
    "history.acknowledged": _(
        "Acknowledged that the database was restored to its state at %(missing_from)s"
    ),
    "webhook.added": _("Added the webhook endpoint %(url)s"),
    "webhook.changed": _("Changed the webhook endpoint %(url)s"),
    "webhook.secret_rotated": _(
        "Rotated the signing secret of the webhook endpoint %(url)s"
    ),
    "webhook.tested": _("Sent a test to the webhook endpoint %(url)s"),
    "webhook.sent_again": _("Sent a message to the webhook endpoint %(url)s again"),
    "webhook.disabled": _(
        "Disabled the webhook endpoint %(url)s, which responded 410 Gone"
    ),
    "webhook.enabled": _("Enabled the webhook endpoint %(url)s"),
    "webhook.deleted": _("Deleted the webhook endpoint %(url)s"),
    "webhooks.renewed": ngettext_lazy(
        "Re-encrypted %(count)s webhook endpoint",
        "Re-encrypted %(count)s webhook endpoints",
        "count",
    ),
    "connections.renewed": ngettext_lazy(
        "Re-encrypted %(count)s write key",
        "Re-encrypted %(count)s write keys",
        "count",
    ),
}
# Attempts to sign in that failed: no one knows by whom.
BY_ANYONE = frozenset(
    {"user.sign_in_failed", "user.code_failed", "user.sign_in_limited"}
)


def describe(action: str, detail: Mapping[str, Any]) -> str:
    """Return the sentence for an entry; most start with a verb."""
    text = SENTENCES.get(action)
    if text is None:
        return action.replace(".", " ").replace("_", " ").capitalize()
    return str(text % _Known(_sentence_values(detail)))


def outline(action: str) -> str:
    """Return the sentence of an action, with “…” for each detail."""
    return str(SENTENCES[action] % _Elided())


def placeholders(action: str) -> set[str]:
    """Return the names of the details that the sentence of an action contains."""
    named = _Elided()
    str(SENTENCES.get(action, "") % named)
    return named.asked


def _sentence_values(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return the details with words for values; numbers stay, because plurals need them."""
    return {
        name: value
        if isinstance(value, int) and not isinstance(value, bool)
        else value_in_words(name, value) or "–"
        for name, value in detail.items()
    }


class _Known(dict[str, Any]):
    """Details of an entry, of which older entries have fewer."""

    def __missing__(self, key: str) -> _Unknown:
        return _Unknown()


class _Elided(dict[str, Any]):
    """The details of no entry in particular. `asked`: those that a sentence contains."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def __missing__(self, key: str) -> _Ellipsis:
        self.asked.add(key)
        return _Ellipsis()


class _Unknown(int):
    """A missing detail: a dash in a text, and a number where a plural needs one."""

    def __str__(self) -> str:
        return "–"


class _Ellipsis(int):
    """Any detail: an ellipsis in a text, and a number where a plural needs one."""

    def __str__(self) -> str:
        return "…"
