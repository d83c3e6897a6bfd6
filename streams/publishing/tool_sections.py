"""Generate the docs sections about the tool: introduction, identity and support."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from streams.base.text.markdown_writer import code, link, literal

if TYPE_CHECKING:
    from streams.publishing.page_data import PageData

# Required by Segment's template for partner docs.
UTM = {"utm_source": "segmentio", "utm_medium": "docs", "utm_campaign": "partners"}


def write_about(facts: PageData) -> str:
    return "\n\n".join(
        part for part in (_intro(facts), _kind(facts), _support(facts), _beta(facts)) if part
    )  # fmt: skip


def write_support(facts: PageData) -> str:
    profile = facts.profile
    lines = [_support(facts)]
    if profile.docs_url:
        tool = facts.stream.name
        lines.append(f"{tool} help page: {link(profile.docs_url, profile.docs_url)}.")
    return "\n\n".join(lines)


def write_identity(facts: PageData) -> str:
    """Write about the calls, the user IDs, and the integration field of the stream."""
    name, stream = literal(facts.stream.name), facts.stream
    integration = {"name": stream.slug, "version": stream.version}
    calls = list(dict.fromkeys(event.call for event in facts.events))
    sent = (
        f"{name} sends {_listed([code(one) for one in calls])} calls.\n\n"
        if calls
        else ""
    )
    either = (
        " Events about people without a user ID have an `anonymousId` instead."
        if stream.allow_anonymous
        else " Events about people without a user ID are not sent."
    )
    return (
        f"{sent}Each event has a `userId`. It is your own ID for the person, not an ID from"
        f" {name}, so events match those from your other sources.{either}\n\n"
        "Each person in an event counts toward your monthly tracked users (MTUs) in Segment,"
        " even if no other source sends events about that person.\n\n"
        "Each event has a `messageId`, which Segment uses to drop duplicates. The context"
        " identifies the source of the event:\n\n"
        f"```json\n{json.dumps({'context': {'integration': integration}})}\n```"
    )


def tracked(address: str) -> str:
    """Add the UTM parameters that show partners which visitors come from Segment's docs."""
    parts = urlsplit(address)
    query = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **UTM}
    return urlunsplit(parts._replace(query=urlencode(query)))


def _intro(facts: PageData) -> str:
    """Write the description of the tool, with its name linked to its website."""
    name, profile = facts.stream.name, facts.profile
    linked = link(name, tracked(profile.website)) if profile.website else literal(name)
    if not profile.about:
        return ""
    if profile.about.startswith(name):
        return linked + literal("x" + profile.about.removeprefix(name))[1:]
    return f"{linked}: {literal(profile.about)}"


def _kind(facts: PageData) -> str:
    name = literal(facts.stream.name)
    return (
        f"{name} is an Event Cloud Source. It sends events to Segment, which forwards them to"
        " the destinations and warehouses that you connect."
    )


def _support(facts: PageData) -> str:
    partner = literal(facts.stream.partner.name)
    email = facts.profile.support_email
    help_with_it = (
        f" For support, contact {link(email, f'mailto:{email}')}." if email else ""
    )
    return f"{partner} maintains this source.{help_with_it}"


def _beta(facts: PageData) -> str:
    if facts.is_live:
        return ""
    changed = facts.changed_at
    when = f" This page was last updated on {changed:%-d %B %Y}." if changed else ""
    return f"> {literal(facts.stream.name)} is in beta. Events and their properties may change.{when}"


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
