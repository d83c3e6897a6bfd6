"""An audit entry as a sentence without its subject: “Approved it”.

One row for each action that is written down. An action without one is still told, by its
own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What stands in braces is of the entry's detail.
WORDS = {
    "partner.created": "Made the partner",
    "partner.changed": "Changed the partner: {fields}",
    "stream.created": "Made the stream {stream}",
    "stream.changed": "Changed the settings",
    "stream.readings_chosen": "Chose how to read the Spec where Segment’s docs disagree",
    "stream.profile_changed": "Changed what the docs say of the tool",
    "stream.logo_changed": "Changed the logo",
    "stream.logo_removed": "Removed the logo",
    "stream.submitted": "Submitted it, with version {plan_version} of the plan",
    "stream.approved": "Approved it",
    "stream.sent_back": "Sent it back",
    "stream.qa_started": "Started QA",
    "stream.live_asked": "Asked that it go live",
    "stream.live_declined": "Left it in QA: not yet",
    "stream.went_live": "Set it live",
    "stream.suspended": "Suspended it",
    "stream.resumed": "Resumed it",
    "qa.run": "Ran the test in {workspaces} test workspaces",
    "plan.drafted": "Changed the draft of the plan, version {version}",
    "plan.discarded": "Discarded the draft of the plan, version {version}",
    "plan.published": "Published version {version} of the plan, with {events} events",
    "page.saved": "Saved a draft of the {page} page, version {number}",
    "page.published": "Published version {number} of the {page} page",
    "token.created": "Made the token “{name}” ({hint}…)",
    "token.revoked": "Revoked the token “{name}” ({hint}…)",
    "member.invited": "Invited {member} as {role}",
    "member.invitation_printed": "Printed an invitation for {member} as {role}",
    "member.invitation_not_sent": "Could not email the invitation to {member}",
    "member.invitation_withdrawn": "Withdrew the invitation of {member}",
    "member.joined": "Let {member} in as {role}",
    "member.role_changed": "Made {member} {role}, who was {before}",
    "member.removed": "Removed {member}",
    "user.signed_in": "Signed in from {address}",
    "user.sign_in_failed": "Failed to sign in as {member} from {address}",
    "user.password_changed": "Changed their password, from {address}",
    "user.password_reset": "Reset their password by email, from {address}",
    "user.password_set_by_operator": "Set the password of {member}",
    "user.email_changed_by_operator": "Changed the email of {before} to {member}",
    "workspace.created": "Made the workspace",
    "workspace.changed": "Changed the workspace: {fields}",
    "workspace.removed": "Removed the empty workspace {name} ({external_id})",
    "workspace.check_mode": "Set how strict it is with events: {check_mode}",
    "feed.opened": "Opened its feed of {stream}",
    "feed.ingest_key_made": "Made an ingest key ({hint}…)",
    "connection.made": "Connected it, key {key}, region {region}",
    "connection.replaced": "Changed the connection, key {key}, region {region}",
    "connection.paused": "Paused the connection",
    "connection.resumed": "Resumed the connection",
    "connection.retried": "Tried the connection again",
    "connection.tested": "Sent a test event",
    "connection.seen": "Saw the test event in Segment",
    "connection.needs_attention": "Held the connection: Segment refuses the events",
    "connection.deleted": "Deleted the connection, key {key}",
    "replay.started": "Started a replay of events {events}",
    "replay.cancelled": "Cancelled a replay of events {events}",
    "quarantine.release": "Released {events} events from quarantine",
    "quarantine.rename": "Renamed {events} events in quarantine: {name} to {new_name}",
    "quarantine.discard": "Discarded {events} events in quarantine",
    "quarantine.expired": "Deleted {events} events in quarantine, past their days",
    "events.expired": "Let {events} events expire unsent",
    "delivery.halted": "Stopped sending",
    "delivery.halt_lifted": "Resumed sending",
    "history.acknowledged": "Acknowledged that the database went back in time, to {missing_from}",
    "connections.renewed": "Encrypted {count} write keys anew",
}
WHY = ("comment", "reason", "note", "what", "changed", "readings", "fields")


def words(action: str, detail: Mapping[str, Any]) -> str:
    """What was done, beginning with the verb."""
    text = WORDS.get(action)
    if text is None:
        return action.replace(".", " ").replace("_", " ").capitalize()
    return text.format_map(_Known(detail))


def why(action: str, detail: Mapping[str, Any]) -> str:
    """What was said to it, or what it changed; empty: nothing."""
    said = next((str(detail[name]) for name in WHY if detail.get(name)), "")
    return "" if "{fields}" in WORDS.get(action, "") else said


class _Known(dict[str, Any]):
    """Older entries lack what newer ones have."""

    def __missing__(self, key: str) -> str:
        return "–"
