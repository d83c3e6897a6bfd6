"""What a stream needs before it can be submitted, told from what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.catalog.pages.kinds import Kind
from streams.catalog.pages.models import Logo
from streams.publishing.facts import profile_of

if TYPE_CHECKING:
    from streams.catalog.models import Stream

ASKED = {
    "about": "what it does",
    "website": "website",
    "support_email": "support e-mail",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing that is done, or is not."""

    name: str  # never changes: "plan", a Kind, "facts", "logo", or a line of QA
    title: str
    done: bool
    why: str  # one sentence that says how it stands
    needed: bool = True  # else it is better done, and nothing waits for it
    failed: bool = False  # it is there, and wrong


def preparation(stream: Stream) -> list[Task]:
    """In the order in which one does it."""
    return [_plan(stream), *_pages(stream), _facts(stream), _logo(stream)]


def missing(stream: Stream) -> list[str]:
    """What has to be published before a stream can be submitted, in words."""
    lacking = [task for task in preparation(stream) if task.needed and not task.done]
    return [f"the {task.title[:1].lower()}{task.title[1:]}" for task in lacking]


def _plan(stream: Stream) -> Task:
    version = stream.plan_versions.published().first()
    if version:
        why = f"Version {version.number} is published, with {_events(version.plan.events)}."
    elif stream.plan_versions.draft().exists():
        why = "There is a draft. Publish it."
    else:
        why = "Say which events you send, and with what in them. Then publish it."
    return Task(name="plan", title="Event plan", done=version is not None, why=why)


def _pages(stream: Stream) -> list[Task]:
    numbers: dict[str, int] = {}
    for kind, number in stream.page_versions.published().values_list("kind", "number"):
        numbers.setdefault(kind, number)  # the newest comes first
    return [
        Task(
            name=kind,
            title=str(kind.label),
            done=kind in numbers,
            why=f"Version {numbers[kind]} is published."
            if kind in numbers
            else "It begins complete: read it, make it yours, publish it.",
        )
        for kind in Kind
    ]


def _facts(stream: Stream) -> Task:
    profile = profile_of(stream)
    lacking = [word for field, word in ASKED.items() if not getattr(profile, field)]
    why = (
        f"Both pages, and Segment’s catalog, want to say: {', '.join(lacking)}."
        if lacking
        else "Said: what it does, its website and where to ask for help."
    )
    return Task(
        name="facts", title="About the tool", done=not lacking, why=why, needed=False
    )


def _logo(stream: Stream) -> Task:
    done = Logo.objects.filter(stream=stream).exists()
    why = (
        "It is shown beside both pages." if done else "An SVG or a PNG, for both pages."
    )
    return Task(name="logo", title="Logo", done=done, why=why, needed=False)


def _events(events: tuple[object, ...]) -> str:
    return f"{len(events):,} event{'' if len(events) == 1 else 's'}"
