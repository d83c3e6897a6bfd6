"""Printed parts about the tool: what it is, how its events name it, whom to ask."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from streams.base.writing import code, link, literal

if TYPE_CHECKING:
    from streams.publishing.facts import Facts

# So Segment's template for docs of partners asks.
UTM = {"utm_source": "segmentio", "utm_medium": "docs", "utm_campaign": "partners"}


def write_about(facts: Facts) -> str:
    return "\n\n".join(
        part for part in (_intro(facts), _kind(facts), _support(facts), _beta(facts)) if part
    )  # fmt: skip


def write_support(facts: Facts) -> str:
    profile = facts.profile
    lines = [_support(facts)]
    if profile.docs_url:
        tool = facts.stream.name
        lines.append(f"{tool}'s own help: {link(profile.docs_url, profile.docs_url)}.")
    return "\n\n".join(lines)


def write_identity(facts: Facts) -> str:
    """Which calls come, whom they are about, and how to tell that they are this stream's."""
    name, stream = literal(facts.stream.name), facts.stream
    integration = {"name": stream.slug, "version": stream.version}
    calls = list(dict.fromkeys(event.call for event in facts.events))
    sent = (
        f"{name} sends {_listed([code(one) for one in calls])} calls.\n\n"
        if calls
        else ""
    )
    either = (
        " Events about a person whom you have given no id carry an `anonymousId` in its place."
        if stream.allow_anonymous
        else " Events about a person whom you have given no id are not sent."
    )
    return (
        f"{sent}Each event has a `userId`: the id that you gave the person, not one of"
        f" {name}'s own, so that it joins what your other sources send.{either}\n\n"
        "Each person of whom an event tells counts towards the tracked users (MTU) that Segment"
        " bills: also one who was only sent something, and whom no other source of yours knows.\n\n"
        "Each has a `messageId` too, by which Segment drops what it was sent twice, and says in"
        " its context where it comes from:\n\n"
        f"```json\n{json.dumps({'context': {'integration': integration}})}\n```"
    )


def tracked(address: str) -> str:
    """The address with the parameters by which a partner sees who came from Segment's docs."""
    parts = urlsplit(address)
    query = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **UTM}
    return urlunsplit(parts._replace(query=urlencode(query)))


def _intro(facts: Facts) -> str:
    """The tool's sentence, in which its name leads to its site."""
    name, profile = facts.stream.name, facts.profile
    linked = link(name, tracked(profile.website)) if profile.website else literal(name)
    if not profile.about:
        return ""
    if profile.about.startswith(name):
        return linked + literal("x" + profile.about.removeprefix(name))[1:]
    return f"{linked}: {literal(profile.about)}"


def _kind(facts: Facts) -> str:
    name = literal(facts.stream.name)
    return (
        f"{name} is an Event Cloud Source: it sends events into Segment, and Segment passes"
        " them on to the destinations and warehouses that you connect."
    )


def _support(facts: Facts) -> str:
    partner = literal(facts.stream.partner.name)
    email = facts.profile.support_email
    help_with_it = (
        f" For help with it, contact {link(email, f'mailto:{email}')}." if email else ""
    )
    return f"{partner} maintains this source.{help_with_it}"


def _beta(facts: Facts) -> str:
    if facts.is_live:
        return ""
    changed = facts.changed_at
    when = f" This page was last changed on {changed:%-d %B %Y}." if changed else ""
    return f"> {literal(facts.stream.name)} is in beta: events and their properties may change.{when}"


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
