"""The ways in which customers can let Segment send events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# The trigger of a mapping, as Segment's code editor shows it.
TRIGGER = 'type = "identify"'


@dataclass(frozen=True, slots=True)
class Method:
    """One kind of destination in Segment, and the template with its steps."""

    key: str  # in the page's IDs
    label: StrOrPromise
    hint: StrOrPromise
    template: str


# The first forwards deletion requests, and can be set up in every workspace.
METHODS = (
    Method(
        "function",
        _("Destination Function"),
        _("Code to paste. Recommended"),
        "portal/receive/_function.html",
    ),
    Method(
        "webhook",
        _("Webhooks (Actions)"),
        _("Without code, and without deletion requests"),
        "portal/receive/_webhook.html",
    ),
    Method(
        "extensible",
        _("Extensible Webhook"),
        _("Without deletion requests"),
        "portal/receive/_extensible.html",
    ),
    Method(
        "classic",
        _("Webhooks (classic)"),
        _("Only for workspaces that already have it"),
        "portal/receive/_classic.html",
    ),
)
