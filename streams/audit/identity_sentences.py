"""Sentences of activity log entries about identity maps and inbound addresses. They contain no userId."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

IDENTITY: dict[str, StrOrPromise] = {
    "identity.added": ngettext_lazy(
        "Added %(links)s link to the identity map by API, with the token %(token)s…",
        "Added %(links)s links to the identity map by API, with the token %(token)s…",
        "links",
    ),
    "identity.upload_started": _("Uploaded a file with userIds, to check it"),
    "identity.upload_applied": ngettext_lazy(
        "Applied a file with userIds, which adds %(links)s link",
        "Applied a file with userIds, which adds %(links)s links",
        "links",
    ),
    "identity.upload_deleted": _("Deleted an upload of userIds"),
    "identity.uploaded": ngettext_lazy(
        "Added %(links)s link to the identity map from a file",
        "Added %(links)s links to the identity map from a file",
        "links",
    ),
    "identity.kept": _("Kept the userId of a person with a conflict: %(identifier)s"),
    "identity.replaced": _(
        "Replaced the userId of a person with a conflict: %(identifier)s"
    ),
    "identity.forgotten": ngettext_lazy(
        "Removed a person with %(links)s link from the identity map",
        "Removed a person with %(links)s links from the identity map",
        "links",
    ),
    "export.person_requested": _("Exported the records of a person as %(format)s"),
    "erasure.requested": _("Requested the erasure of a person: %(erasure)s"),
    "erasure.repeated": _("Had the erasure of a person run again: %(erasure)s"),
    "inbound.opened": _("Created the inbound address for events from Segment"),
    "inbound.secret_rotated": _("Rotated the inbound secret"),
    "inbound.suppresses_deleted": _("Chose to suppress people whom Segment deletes"),
    "inbound.keeps_deleted": _("Chose not to suppress people whom Segment deletes"),
    "inbound.tested": _("Sent a test call to the inbound address"),
    "inbound.renewed": ngettext_lazy(
        "Re-encrypted the secret of %(count)s inbound address",
        "Re-encrypted the secrets of %(count)s inbound addresses",
        "count",
    ),
    "privacy.suppressed": _("Suppressed a person: %(person)s…"),
    "privacy.unsuppressed": _("Stopped suppressing a person: %(person)s…"),
}
