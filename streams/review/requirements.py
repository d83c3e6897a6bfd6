"""Items that a stream needs before it can be submitted, computed from its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from streams.catalog.pages.models import Logo
from streams.catalog.pages.page_kinds import PageKind
from streams.publishing.page_data import profile_of

if TYPE_CHECKING:
    from streams.catalog.models import Stream

ASKED = {
    "about": gettext_lazy("description"),
    "website": gettext_lazy("website"),
    "support_email": gettext_lazy("support email"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An item of the launch checklist."""

    name: str  # never changes: "plan", a Kind, "facts", "logo", or a QA check
    title: str
    done: bool
    why: str  # one or two sentences on its state
    needed: bool = True  # otherwise it is only recommended
    failed: bool = False  # there is data, and it is wrong


def preparation(stream: Stream) -> list[Task]:
    """Return the items in the order in which a partner works on them."""
    return [_plan(stream), *_pages(stream), _facts(stream), _logo(stream)]


def missing(stream: Stream) -> list[str]:
    """Return the titles of the required items that are not done."""
    tasks = preparation(stream)
    return [task.title for task in tasks if task.needed and not task.done]


def _plan(stream: Stream) -> Task:
    version = stream.plan_versions.published().first()
    if version:
        events = len(version.plan.events)
        published = ngettext(
            "Plan version %(version)s with %(events)s event is published.",
            "Plan version %(version)s with %(events)s events is published.",
            events,
        )
        why = published % {"version": version.number, "events": f"{events:,}"}
    elif stream.plan_versions.draft().exists():
        why = _("Publish the draft.")
    else:
        why = _("Define the events that you send and their properties, then publish.")
    return Task(
        name="plan", title=_("Tracking plan"), done=version is not None, why=why
    )


def _pages(stream: Stream) -> list[Task]:
    numbers: dict[str, int] = {}
    for kind, number in stream.page_versions.published().values_list("kind", "number"):
        numbers.setdefault(kind, number)  # newest first
    return [
        Task(
            name=kind,
            title=str(kind.label),
            done=kind in numbers,
            why=_("Page version %(version)s is published.") % {"version": numbers[kind]}
            if kind in numbers
            else _("We filled in a draft for you. Review it, edit it, and publish it."),
        )
        for kind in PageKind
    ]


def _facts(stream: Stream) -> Task:
    profile = profile_of(stream)
    lacking = [
        str(word) for field, word in ASKED.items() if not getattr(profile, field)
    ]
    if lacking:
        why = _(
            "Missing: %(details)s. Your docs and Segment's catalog show these details."
        )
        why %= {"details": ", ".join(lacking)}
    else:
        why = _("The description, website, and support email are filled in.")
    title = _("Tool details")
    return Task(name="facts", title=title, done=not lacking, why=why, needed=False)


def _logo(stream: Stream) -> Task:
    done = Logo.objects.filter(stream=stream).exists()
    if done:
        why = _("Both docs pages show your logo.")
    else:
        why = _("Upload an SVG or PNG file for both docs pages.")
    return Task(name="logo", title=_("Logo"), done=done, why=why, needed=False)
