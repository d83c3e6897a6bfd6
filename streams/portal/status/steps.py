"""The three steps that verify a connection: format, known to Segment, seen in Segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.observability.feed_state.snapshot import Audience
from streams.portal.status.sentences import at

if TYPE_CHECKING:
    from streams.observability.feed_state.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. `tone` is good, bad, or empty: still open."""

    tone: str = ""
    title: str
    detail: str
    can_check: bool = False  # whether to offer another check of the key

    @property
    def icon(self) -> str:
        """The template of the icon that matches the tone."""
        return f"portal/icons/{ {'good': 'check', 'bad': 'cross'}.get(self.tone, 'dots') }.svg"


def steps_of(snapshot: Snapshot) -> tuple[Step, ...]:
    """Return the steps of a connection."""
    valid = Step(
        tone="good",
        title=_("The format is valid"),
        detail=_("32 letters and digits, without spaces."),
    )
    return valid, _recognized(snapshot), _seen(snapshot)


def _recognized(snapshot: Snapshot) -> Step:
    if snapshot.key_refused:
        return Step(
            tone="bad",
            title=_("Segment rejected the key"),
            detail=_("Rejected %(at)s.") % {"at": at(snapshot.status_at)},
            can_check=True,
        )
    checked = _("Checked %(at)s.") % {"at": at(snapshot.known_at)}
    if snapshot.known:
        title = _("Segment recognizes the key")
        return Step(tone="good", title=title, detail=checked)
    if snapshot.key_unknown:
        return Step(
            tone="bad",
            title=_("Segment doesn't recognize the key"),
            detail=_(
                "%(checked)s The source may have been deleted, or its key replaced."
            )
            % {"checked": checked},
            can_check=True,
        )
    return _unchecked(snapshot, checked)


def _unchecked(snapshot: Snapshot, checked: str) -> Step:
    if snapshot.known is False:
        return Step(
            title=_("Segment didn't recognize the key at first"),
            detail=_("%(checked)s A later test event arrived.") % {"checked": checked},
            can_check=True,
        )
    if snapshot.known_at:
        detail = _("We couldn't reach Segment to check the key.")
    else:
        detail = _("We haven't checked the key with Segment yet.")
    title = _("Not checked with Segment")
    if snapshot.needs_test:  # one thing to do at a time
        return Step(
            title=title, detail=f"{detail} {_checked_by_test(snapshot)}".strip()
        )
    return Step(title=title, detail=detail, can_check=True)


def _checked_by_test(snapshot: Snapshot) -> str:
    if snapshot.audience is not Audience.EDITOR:
        return ""
    return _("This also happens when you send a test event.")


def _seen(snapshot: Snapshot) -> Step:
    if snapshot.seen_at and snapshot.key_is_bad:
        return Step(
            title=_("Verify the connection again"),
            detail=_(
                "A test event was confirmed %(at)s. Since then, the key has stopped working."
            )
            % {"at": at(snapshot.seen_at)},
        )
    if snapshot.seen_at:
        detail = _("Confirmed in Segment %(at)s.") % {"at": at(snapshot.seen_at)}
        return Step(tone="good", title=_("Test event confirmed"), detail=detail)
    return Step(title=_("Confirm a test event"), detail=_how_to_confirm(snapshot))


def _how_to_confirm(snapshot: Snapshot) -> str:
    if snapshot.key_refused:
        return _("This is possible after the write key is replaced.")
    if not snapshot.sends:
        return _("The connection can be verified when delivery is running.")
    if snapshot.audience is Audience.EDITOR:
        return _(
            "We send one event with a short code, and you look for it in Segment. When you"
            " confirm that it arrived, the connection is verified."
        )
    return _(
        "The portal sends one event with a short code. When someone with access to Segment"
        " confirms that it arrived, the connection is verified."
    )
