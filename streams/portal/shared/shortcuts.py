"""All keyboard shortcuts of the portal.

An element is activated by the key in its `data-shortcut` (static/portal/shortcuts.js): a link
or a button is clicked, and a field gets the focus. So a shortcut exists on the pages that
show its element.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Keys that all do the same. `mod+` is Ctrl, and on a Mac also the Command key."""

    keys: tuple[str, ...]
    purpose: StrOrPromise

    @property
    def shown(self) -> list[str]:
        """The keys as they are labeled on a keyboard."""
        return [
            key.replace("mod+k", "Ctrl K").replace("Escape", "Esc") for key in self.keys
        ]


SHORTCUTS = (
    Shortcut(("/", "mod+k"), _("Search")),
    Shortcut(("?",), _("Show the keyboard shortcuts")),
    Shortcut(("x",), _("Clear all filters of a list")),
    Shortcut(("j",), _("Open the next delivery attempt")),
    Shortcut(("k",), _("Open the previous delivery attempt")),
    Shortcut(("p",), _("Pause or resume a live tail")),
    Shortcut(("Escape",), _("Close")),
)
