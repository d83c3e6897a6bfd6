"""The actions that a status offers."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Action(Enum):
    """A page to open, or a form without fields to send."""

    CONNECT = "connect"
    REPLACE_KEY = "replace_key"
    RESUME = "resume"
    VERIFY = "verify"
    PAUSE = "pause"
    RETRY = "retry"
    CHANGE = "change"

    @property
    def label(self) -> StrOrPromise:
        return _LABELS[self]

    @property
    def page(self) -> str:
        """The name of its URL in the portal."""
        return _PAGES[self]

    @property
    def is_post(self) -> bool:
        return self in _POSTED


_LABELS: dict[Action, StrOrPromise] = {
    Action.CONNECT: _("Connect Segment"),
    Action.REPLACE_KEY: _("Replace write key"),
    Action.RESUME: _("Resume delivery"),
    Action.VERIFY: _("Verify connection"),
    Action.PAUSE: _("Pause delivery"),
    Action.RETRY: _("Retry now"),
    Action.CHANGE: _("Change key or region"),
}
_PAGES = {
    Action.CONNECT: "connection",
    Action.REPLACE_KEY: "connection-change",
    Action.RESUME: "connection-resume",
    Action.VERIFY: "connection",
    Action.PAUSE: "connection-pause",
    Action.RETRY: "connection-retry",
    Action.CHANGE: "connection-change",
}
_POSTED = {Action.RESUME, Action.PAUSE, Action.RETRY}
