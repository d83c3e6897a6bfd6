"""Generate the docs sections about sending: connecting, regions, limits and retries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage

from streams.base.text.markdown_writer import code, literal, table
from streams.connections.regions import Region, tracking_url
from streams.delivery.segment.backoff import Backoff
from streams.delivery.segment.batch import MAX_BODY_BYTES, MAX_EVENTS
from streams.spec.decode.structure import MAX_EVENT_BYTES

if TYPE_CHECKING:
    from streams.publishing.page_data import PageData

WORD = re.compile(r"\w+")
# Screenshots in static/docs, with their alternative texts.
CONNECT_PICTURE = ("connect", "Form with the write key and the region")
TEST_PICTURE = ("test", "Test event with its code")


def write_connect(facts: PageData) -> str:
    """List the steps from adding a source to confirming a test event."""
    name = literal(facts.stream.name)
    naming = (
        f"Name the source, for example {code(_source_name(facts, 'Prod'))}. Use a separate"
        f" source for each environment ({code(_source_name(facts, 'Staging'))},"
        f" {code(_source_name(facts, 'Dev'))}). Warehouses use the name for their schema."
    )
    copying = (
        "Save the source and copy its **Write Key** from the **Overview** tab, or from"
        " **Settings** > **API Keys**."
    )
    portal = f" ({facts.origin}/)" if facts.origin else ""
    pasting = (
        f"Open **Connection** in the {name} portal{portal}, paste the key into **Write key**,"
        " choose the region of your Segment workspace, and select **Connect**."
    )
    testing = (
        "Select **Send test event**. Open the source's **Debugger** in Segment, find the event"
        " with the code that the portal shows, and select **Confirm test event**."
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


def write_regions(_: PageData) -> str:
    return (
        "A write key works in the region of its workspace only. If you choose the wrong region,"
        " Segment accepts the events and then drops them without an error.\n\n"
        + region_table()
    )


def region_table() -> str:
    """Return a table of Segment's regions and their hosts."""
    rows = [
        [str(region.label), code(urlsplit(tracking_url(region)).netloc)]
        for region in (Region.US, Region.EU)
    ]
    return table(["Region", "Host"], rows)


def write_limits(facts: PageData) -> str:
    stream = facts.stream
    rows = [
        ["Size of an event", f"{MAX_EVENT_BYTES // 1024} KB"],
        ["Size of a request to Segment", f"{MAX_EVENTS:,} events, {MAX_BODY_BYTES // 1000} KB"],
        ["Requests to Segment", f"{stream.requests_per_second} per second, shared by all customers"],
        ["Retention", f"{stream.retention_days} days, for delivered and undelivered events"],
        ["Deduplication by `messageId` in the portal", f"{settings.DEDUP_WINDOW_HOURS} hours"],
    ]  # fmt: skip
    return table(["Limit", "Value"], rows)


def write_retries(facts: PageData) -> str:
    return (
        f"{retries()} Retries continue until the retention period of"
        f" {facts.stream.retention_days} days ends.\n\n"
        "If Segment rejects the write key, events stay queued until the key is replaced. If"
        " Segment permanently rejects an event, it is marked as rejected with the reason, and"
        " delivery continues with the next event."
    )  # fmt: skip


def retries() -> str:
    """Describe which responses are retried, and when."""
    backoff = Backoff()
    first = backoff.first.total_seconds()
    ceiling = backoff.ceiling.total_seconds() / 60
    return (
        "If Segment doesn't respond, or responds with 408, 410, 429, 460, or 5xx, the portal"
        " retries the same events in the same order. The delay before the first retry is up to"
        f" {first:g} seconds. It doubles after each failed attempt, up to {ceiling:g} minutes. If"
        " Segment sends a `Retry-After` header, the portal waits that long."
    )


def _choice(facts: PageData) -> str:
    name = literal(facts.stream.name)
    listed = f"Search the catalog for **{name}**, open it, and select **Add Source**."
    if facts.is_live:
        return listed
    return f"{listed} If the catalog doesn't list it yet, add an **HTTP API** source instead."


def _source_name(facts: PageData, environment: str) -> str:
    words = WORD.findall(facts.stream.name)
    return "_".join([*words, environment])


def _picture(facts: PageData, name: str, alt: str) -> str:
    """Return a screenshot below its step."""
    return f"\n\n   {picture(name, alt)}" if facts.with_pictures else ""


def picture(name: str, alt: str) -> str:
    """Return a screenshot of this portal."""
    return f"![{alt}]({staticfiles_storage.url(f'docs/{name}.png')})"
