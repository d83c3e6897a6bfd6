"""The words for names and values in details of activity log entries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrOrPromise

# The names of all details, of the fields of rows, and of the filters of exports.
LABELS: Mapping[str, StrOrPromise] = {
    "about": gettext_lazy("About"),
    "action": gettext_lazy("Activity"),
    "address": gettext_lazy("Address"),
    "after": gettext_lazy("Starts after event"),
    "alert": gettext_lazy("Alert"),
    "anonymous_id": gettext_lazy("Anonymous ID"),
    "allow_anonymous": gettext_lazy("Anonymous events"),
    "at": gettext_lazy("Time"),
    "before": gettext_lazy("Before"),
    "browser": gettext_lazy("Browser"),
    "catalog_id": gettext_lazy("Catalog ID"),
    "category": gettext_lazy("Category"),
    "changed": gettext_lazy("Changes"),
    "check_mode": gettext_lazy("Validation mode"),
    "check_user_ids": gettext_lazy("Check userIds"),
    "client_id": gettext_lazy("Client ID"),
    "comment": gettext_lazy("Comment"),
    "conflict": gettext_lazy("Conflict"),
    "conflict_rule": gettext_lazy("If two userIds are received"),
    "conflicts": gettext_lazy("Conflicts"),
    "connection": gettext_lazy("Connection"),
    "count": gettext_lazy("Count"),
    "create_workspaces": gettext_lazy("Create workspaces automatically"),
    "cursor": gettext_lazy("Cursor"),
    "default_role": gettext_lazy("Default role"),
    "digest": gettext_lazy("Digest"),
    "docs_url": gettext_lazy("Link to the docs"),
    "domains": gettext_lazy("Email domains"),
    "email": gettext_lazy("Email"),
    "endpoint": gettext_lazy("Webhook endpoint"),
    "erasure": gettext_lazy("Erasure"),
    "events": gettext_lazy("Events"),
    "expires": gettext_lazy("Expires"),
    "export": gettext_lazy("Export"),
    "external_id": gettext_lazy("External ID"),
    "feed": gettext_lazy("Feed"),
    "fields": gettext_lazy("Fields"),
    "filter": gettext_lazy("Filters"),
    "first_seq": gettext_lazy("First event"),
    "format": gettext_lazy("Format"),
    "groups": gettext_lazy("Groups"),
    "halted_because": gettext_lazy("Reason of the halt"),
    "hint": gettext_lazy("Starts with"),
    "identifier": gettext_lazy("Identifier"),
    "internal": gettext_lazy("Created by the portal"),
    "identify_by": gettext_lazy("Find the userId by"),
    "invitation": gettext_lazy("Invitation"),
    "is_active": gettext_lazy("Active"),
    "is_staff": gettext_lazy("Operator"),
    "is_superuser": gettext_lazy("Superuser"),
    "is_test": gettext_lazy("Test workspace"),
    "issuer": gettext_lazy("Issuer"),
    "key": gettext_lazy("Write key"),
    "key_id": gettext_lazy("Encryption key"),
    "kind": gettext_lazy("Kind"),
    "last_seq": gettext_lazy("Last event"),
    "links": gettext_lazy("Links"),
    "member": gettext_lazy("Member"),
    "message": gettext_lazy("Message"),
    "minutes": gettext_lazy("Minutes"),
    "missing_from": gettext_lazy("Missing from"),
    "missing_until": gettext_lazy("Missing until"),
    "name": gettext_lazy("Name"),
    "origin": gettext_lazy("Origin"),
    "new_browser": gettext_lazy("New browser"),
    "new_ids": gettext_lazy("New messageIds"),
    "new_name": gettext_lazy("New name"),
    "new_secret": gettext_lazy("New client secret"),
    "note": gettext_lazy("Note"),
    "number": gettext_lazy("Number"),
    "order": gettext_lazy("Order"),
    "page": gettext_lazy("Page"),
    "partner": gettext_lazy("Partner"),
    "password": gettext_lazy("Password"),
    "permissions": gettext_lazy("Permissions"),
    "person": gettext_lazy("Person"),
    "plan_version": gettext_lazy("Plan version"),
    "position": gettext_lazy("Position"),
    "provider": gettext_lazy("Provider"),
    "q": gettext_lazy("Search"),
    "qa_complete": gettext_lazy("QA complete"),
    "readings": gettext_lazy("Spec exceptions"),
    "reason": gettext_lazy("Reason"),
    "refused": gettext_lazy("Refused"),
    "region": gettext_lazy("Region"),
    "replay": gettext_lazy("Replay"),
    "requests_per_second": gettext_lazy("Requests per second"),
    "retention_days": gettext_lazy("Retention in days"),
    "role": gettext_lazy("Role"),
    "role_claim": gettext_lazy("Claim for roles"),
    "role_values": gettext_lazy("Roles by claim"),
    "row": gettext_lazy("Object"),
    "rule": gettext_lazy("Rule"),
    "sessions": gettext_lazy("Sessions"),
    "since": gettext_lazy("Since"),
    "slug": gettext_lazy("Slug"),
    "stage": gettext_lazy("Stage"),
    "status": gettext_lazy("Status"),
    "stream": gettext_lazy("Stream"),
    "support_email": gettext_lazy("Support email"),
    "theme": gettext_lazy("Theme"),
    "time": gettext_lazy("Time"),
    "time_zone": gettext_lazy("Time zone"),
    "type": gettext_lazy("Call"),
    "user_id": gettext_lazy("User ID"),
    "message_id": gettext_lazy("Message ID"),
    "outcome": gettext_lazy("Status"),
    "property": gettext_lazy("Property"),
    "token": gettext_lazy("API token"),
    "unresolved": gettext_lazy("If no userId is known"),
    "until": gettext_lazy("Until"),
    "upload": gettext_lazy("Upload"),
    "url": gettext_lazy("URL"),
    "user_permissions": gettext_lazy("Permissions"),
    "version": gettext_lazy("Version"),
    "website": gettext_lazy("Website"),
    "weight": gettext_lazy("Weight"),
    "what": gettext_lazy("Change"),
    "workspace": gettext_lazy("Workspace"),
    "workspaces": gettext_lazy("Workspaces"),
}
# Short names of values that packages above define: regions (connections/regions.py), stages
# (catalog/stage.py), formats (exports/models.py), kinds of endpoints (alerts/webhooks), roles
# (tenancy/models.py), and choices about userIds (catalog/person_identifiers.py).
REGIONS: Mapping[str, StrOrPromise] = {
    "us": gettext_lazy("US"),
    "eu": gettext_lazy("EU"),
    "sandbox": gettext_lazy("Sandbox"),
    "sandbox-eu": gettext_lazy("Sandbox EU"),
    "all": gettext_lazy("All"),
}
ROLES: Mapping[str, StrOrPromise] = {
    "admin": gettext_lazy("Admin"),
    "developer": gettext_lazy("Developer"),
    "support": gettext_lazy("Support"),
    "editor": gettext_lazy("Editor"),
    "viewer": gettext_lazy("Viewer"),
}
VALUES: Mapping[str, Mapping[str, StrOrPromise]] = {
    "region": REGIONS,
    "stage": {
        "draft": gettext_lazy("Draft"),
        "submitted": gettext_lazy("In review"),
        "approved": gettext_lazy("Approved"),
        "in_qa": gettext_lazy("QA"),
        "live": gettext_lazy("Live"),
        "suspended": gettext_lazy("Suspended"),
    },
    "format": {
        "jsonl": gettext_lazy("JSON Lines"),
        "json": gettext_lazy("JSON"),
        "csv": gettext_lazy("CSV"),
    },
    "kind": {
        "webhook": gettext_lazy("Signed webhook"),
        "slack": gettext_lazy("Slack, or compatible"),
    },
    "stream": {"all": gettext_lazy("All")},
    "identify_by": {
        "tool_id": gettext_lazy("ID in the tool"),
        "email": gettext_lazy("Email"),
        "phone": gettext_lazy("Phone"),
        "anonymous_id": gettext_lazy("anonymousId"),
        "external_id": gettext_lazy("External ID"),
    },
    "unresolved": {
        "reject": gettext_lazy("Reject the event"),
        "set_aside": gettext_lazy("Set the event aside until the userId is known"),
        "anonymous": gettext_lazy("Send the event with an anonymousId"),
    },
    "conflict_rule": {
        "person": gettext_lazy("A person decides"),
        "older": gettext_lazy("The older userId stays"),
        "newest": gettext_lazy("The newest userId replaces it"),
    },
    "role": ROLES,
    "before": ROLES,  # of a member whose role was changed
}
_NAMES = re.compile(r"(?:^|(?<=, ))[a-z_]+(?=: )")
_RANGE = re.compile(r"^([0-9]+)-([0-9]+)$")
_CODES = re.compile(  # changes of details that have words
    rf"(?:^|(?<=, ))({'|'.join(VALUES)}): ([^ ]+) → ([^ ]+?)(?=, |$)"
)
_YES_NO = re.compile(r"(?<=[:→] )(?:True|False)(?= →|, |$)")


def label(name: str) -> str:
    """Return the label of a detail, a field or a filter."""
    return str(LABELS.get(name, name.replace("_", " ").capitalize()))


def value_in_words(name: str, value: object) -> str:
    """Return the value of the detail `name` as a person reads it; empty if there is none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _yes_or_no(is_true=value)
    text = str(value)
    if name == "changed":
        return _changes(text)
    if name == "events":
        return _RANGE.sub(lambda found: f"{int(found[1]):,}–{int(found[2]):,}", text)
    if name == "filter" and " " in text:  # of a replay: words, not names of filters
        return text
    if name in ("fields", "filter"):
        return ", ".join(label(one) for one in text.split(", "))
    if name == "identify_by":
        return ", ".join(_word(name, one) for one in text.split(","))
    return _word(name, text)


def _word(name: str, text: str) -> str:
    """Return one of the VALUES; the text itself if there is no word for it."""
    return str(VALUES.get(name, {}).get(text, text))


def _yes_or_no(*, is_true: bool) -> str:
    """Return a truth value as a word."""
    return _("Yes") if is_true else _("No")


def _changes(text: str) -> str:
    """Return "name: old → new" of several fields, with labels for the names."""
    words = _CODES.sub(_change_in_words, text)
    labelled = _NAMES.sub(lambda found: label(found[0]), words)
    return _YES_NO.sub(lambda found: _yes_or_no(is_true=found[0] == "True"), labelled)


def _change_in_words(found: re.Match[str]) -> str:
    name, before, after = found.groups()
    return f"{name}: {value_in_words(name, before)} → {value_in_words(name, after)}"
