"""Printed parts about sending: how to connect, where to, how much, and how again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

from streams.base.writing import code, literal, table
from streams.connections.regions import Region, tracking_url
from streams.delivery.backoff import Backoff
from streams.delivery.batching import MAX_BODY_BYTES, MAX_EVENTS
from streams.spec.sound import MAX_EVENT_BYTES

if TYPE_CHECKING:
    from streams.publishing.facts import Facts

WORD = re.compile(r"\w+")
WAITS_SHOWN = 6
# Pictures below static/docs, and what they show.
CONNECT_PICTURE = ("connect", "The form for the write key and the region")
TEST_PICTURE = ("test", "A test event, and the code to look for")


def write_connect(facts: Facts) -> str:
    """From nothing to a test event that was seen."""
    name = literal(facts.stream.name)
    naming = (
        f"Give the source a name, such as {code(_source_name(facts, 'Prod'))}. Use another"
        f" source for each environment ({code(_source_name(facts, 'Staging'))},"
        f" {code(_source_name(facts, 'Dev'))}). A warehouse names its schema after it."
    )
    copying = (
        "Save it, and copy its **Write Key**: it stands on the source's **Overview**, and under"
        " **Settings**, **API Keys**."
    )
    portal = f" ({facts.origin}/)" if facts.origin else ""
    pasting = (
        f"Open **Connection** in the {name} portal{portal}, paste the key under **Write key**,"
        " choose where your Segment workspace is, and select **Connect**."
    )
    testing = (
        "Select **Send a test event**. Open the **Debugger** of the source in Segment, find the"
        " event with the code that is shown, and select **Yes, I see it**."
    )
    steps = [
        "In your Segment workspace, open **Connections** and select **Add Source**.",
        _choice(facts),
        naming,
        copying,
        pasting + _picture(facts, *CONNECT_PICTURE),
        testing + _picture(facts, *TEST_PICTURE),
    ]
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def write_regions(_: Facts) -> str:
    return (
        "A write key belongs to the region of its workspace. Segment accepts an event that is"
        " sent to the other one, and drops it without a word, so choose the region with care.\n\n"
        + region_table()
    )


def region_table() -> str:
    """Segment's own regions, and where each takes events."""
    rows = [
        [str(region.label), code(urlsplit(tracking_url(region)).netloc)]
        for region in (Region.US, Region.EU)
    ]
    return table(["Region", "Events are sent to"], rows)


def write_limits(facts: Facts) -> str:
    stream = facts.stream
    rows = [
        ["One event", f"{MAX_EVENT_BYTES // 1024} KB"],
        ["One request to Segment", f"{MAX_EVENTS:,} events, {MAX_BODY_BYTES // 1000} KB"],
        ["Requests to Segment", f"{stream.requests_per_second} a second, for all customers together"],
        ["Events are kept", f"{stream.retention_days} days, sent or not"],
        ["The same `messageId`", f"taken once within {settings.DEDUP_WINDOW_HOURS} hours"],
    ]  # fmt: skip
    return table(["What", "Limit"], rows)


def write_retries(facts: Facts) -> str:
    return (
        f"{retries()} It goes on for as long as the events are kept, which is"
        f" {facts.stream.retention_days} days.\n\n"
        "Where Segment refuses the write key, events are held until somebody has corrected it."
        " An event that Segment refuses for good is set aside with the reason, and those after"
        " it go on."
    )  # fmt: skip


def retries() -> str:
    """When events are sent again after which answers."""
    backoff = Backoff()
    waits = [
        _longest_wait_s(backoff, failures) for failures in range(1, WAITS_SHOWN + 1)
    ]
    doubled = ", ".join(f"{wait:g}" for wait in waits)
    ceiling = round(backoff.ceiling.total_seconds() / 60)
    return (
        "Where Segment gives no answer, or answers 408, 410, 429, 460 or 5xx, the same events"
        f" are sent again, in the same order: after up to {doubled} … seconds, and at most"
        f" {ceiling} minutes. A `Retry-After` that Segment sends is obeyed."
    )


def _longest_wait_s(backoff: Backoff, failures: int) -> float:
    return backoff.wait_after(failures, chance=1.0).total_seconds()


def _choice(facts: Facts) -> str:
    name = literal(facts.stream.name)
    listed = f"Search the catalog for **{name}**, open it and select **Add Source**."
    if facts.is_live:
        return listed
    return f"{listed} Until the catalog lists it, add an **HTTP API** source instead."


def _source_name(facts: Facts, environment: str) -> str:
    words = WORD.findall(facts.stream.name)
    return "_".join([*words, environment])


def _picture(facts: Facts, name: str, alt: str) -> str:
    """A screen of this portal, below its step."""
    return f"\n\n   {picture(name, alt)}" if facts.with_pictures else ""


def picture(name: str, alt: str) -> str:
    """A screen of this portal."""
    return f"![{alt}]({staticfiles_storage.url(f'docs/{name}.png')})"
