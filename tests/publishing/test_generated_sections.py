from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest

from streams.base.text.markdown import render
from streams.catalog.pages.initial_text import starting_text
from streams.catalog.pages.models import StreamProfile
from streams.catalog.pages.page_kinds import PARTS, PageKind
from streams.catalog.pages.services import unknown_parts
from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import (
    PlannedEvent,
    PlannedProperty,
    TrackingPlan,
    to_json,
)
from streams.catalog.plans.rules import RULES as PLAN_RULES
from streams.catalog.stage import Stage
from streams.publishing.page_data import facts_of
from streams.publishing.pages import WRITERS, markdown_of, missing_parts
from streams.publishing.tool_sections import tracked
from streams.spec.rules import RULES as SPEC_RULES
from streams.spec.validation_modes import ValidationMode
from tests import factories
from tests.base.hostile_markdown import MARKDOWN
from tests.base.test_markdown import dangers

pytestmark = pytest.mark.django_db

OPENED = PlannedEvent(
    name="Email Opened",
    when="A person opens an email.",
    properties=(
        PlannedProperty(path="campaign_id", required=True, example="spring", description="The campaign"),
        PlannedProperty(path="ip", sensitive=True, example="198.51.100.7"),
        PlannedProperty(path="count", type="integer", example=3),
    ),
    context=(PlannedProperty(path="traits.email", description="An | address"),),
)  # fmt: skip


def published(stream, *events: PlannedEvent, number: int = 1, **fields) -> PlanVersion:
    return PlanVersion.objects.create(
        stream=stream,
        number=number,
        content=to_json(TrackingPlan(events=events)),
        published_at=factories.NOW + timedelta(days=number),
        **fields,
    )


def written(stream, name: str, kind: PageKind = PageKind.SOURCE, **given) -> str:
    return WRITERS[name](facts_of(stream, kind, **given))


def test_every_section_can_be_generated():
    assert WRITERS.keys() == PARTS.keys()


@pytest.mark.parametrize("kind", PageKind)
def test_a_new_stream_has_complete_pages_with_every_section(kind):
    text = starting_text(kind, factories.stream())

    assert missing_parts(text, kind) == []
    assert unknown_parts(text) == []


def test_the_source_page_starts_with_the_sections_of_segments_template():
    stream = factories.stream()
    published(stream, OPENED)
    text = starting_text(PageKind.SOURCE, stream)

    headings = render(markdown_of(text, facts_of(stream, PageKind.SOURCE))).headings

    assert [one.text for one in headings if one.level == 2] == [
        "Getting started", "Stream", "Events", "Event properties", "Adding destinations",
    ]  # fmt: skip


def test_a_missing_mandatory_section_is_added():
    stream = factories.stream()
    published(stream, OPENED)

    text = markdown_of("# Ours\n\n{{ events }}", facts_of(stream, PageKind.SOURCE))

    assert text.count("## Event properties") == 1
    assert text.index("Email Opened") < text.index("## About")
    assert "## Events" not in text


def test_events_and_properties_are_those_of_the_published_plan():
    stream = factories.stream()
    published(stream, OPENED)
    assert "| Email Opened | `track` | A person opens an email. |" in written(stream, "events")  # fmt: skip

    published(stream, PlannedEvent(name="Email Sent"), number=2)

    assert "Email Sent" in written(stream, "events")
    assert "Email Opened" not in written(stream, "properties")


def test_the_table_of_properties_describes_events_and_shows_nothing_sensitive():
    stream = factories.stream()
    published(stream, OPENED)

    assert written(stream, "properties").splitlines() == [
        "### Email Opened",
        "",
        "| Property | Type | Description |",
        "| --- | --- | --- |",
        "| `campaign_id` | string, required | The campaign. Example: `spring` |",
        "| `ip` | string | Personal data. |",
        "| `count` | integer | Example: `3` |",
        r"| `context.traits.email` | string | An \| address. |",
    ]


def test_the_identity_is_that_of_real_events():
    stream = factories.stream(version="2.1.0")
    block = written(stream, "identity").split("```json\n")[1].split("\n```")[0]

    told = json.loads(factories.event(stream).payload)["context"]["integration"]
    assert json.loads(block) == {"context": {"integration": told}}
    assert "are not sent" in written(stream, "identity")


def test_customers_are_informed_that_events_create_tracked_users():
    assert "monthly tracked users (MTUs)" in written(factories.stream(), "identity")


@pytest.mark.parametrize("name", ["50% off %s", "{stream} {0}", "NAME {{ events }}"])
def test_any_name_is_shown_literally(name):
    stream = factories.stream(name=name)

    for kind in PageKind:
        page = render(markdown_of(starting_text(kind, stream), facts_of(stream, kind)))
        assert f"<p>{name} is an Event Cloud Source" in page.html


def test_a_source_name_contains_only_words():
    connect = written(factories.stream(name="Postbox & <Co>"), "connect")

    assert "`Postbox_Co_Prod`" in connect


def test_without_an_address_no_link_is_shown():
    stream = factories.stream()

    assert written(stream, "support") == (f"{stream.partner} maintains this source.")


def test_the_tools_name_links_to_its_site_as_segment_requests():
    stream = factories.stream(name="Postbox", stage=Stage.LIVE)
    StreamProfile.objects.create(
        stream=stream,
        about="Postbox sends *mail*.",
        website="https://postbox.example/?a=1",
        support_email="help@postbox.example",
    )

    about = written(stream, "about")

    assert about.startswith(
        "[Postbox](<https://postbox.example/?a=1&utm_source=segmentio&utm_medium=docs"
        r"&utm_campaign=partners>) sends \*mail\*."
    )
    assert "[help@postbox.example](<mailto:help@postbox.example>)" in about
    assert "beta" not in about


def test_a_stream_is_in_beta_until_it_is_live():
    stream = factories.stream(name="Postbox", stage=Stage.APPROVED)

    assert "> Postbox is in beta" in written(stream, "about", changed_at=factories.NOW)
    assert "last updated on 2 March 2026" in written(stream, "about", changed_at=factories.NOW)  # fmt: skip


def test_hosts_limits_and_timeouts_are_those_of_this_installation(settings):
    settings.SEGMENT_EU_URL = "https://eu.example/v1"
    settings.DEDUP_WINDOW_HOURS = 72
    stream = factories.stream(requests_per_second=80, retention_days=60)

    assert "`eu.example`" in written(stream, "regions")
    assert "| 80 per second, shared by all customers |" in written(stream, "limits")
    assert "| Deduplication by `messageId` in the portal | 72 hours |" in written(
        stream, "limits"
    )
    assert "first retry is up to 2 seconds. It doubles after each failed attempt, up to 60 minutes." in written(stream, "retries")  # fmt: skip
    assert "60 days" in written(stream, "retries")


def test_changes_are_listed_newest_first():
    stream = factories.stream()
    published(stream, OPENED, note="First events")
    published(stream, OPENED, number=2)

    first, second = written(stream, "changes").splitlines()

    assert first.startswith("- **Version 2**, 4 March 2026")
    assert second == "- **Version 1**, 3 March 2026: First events"


def test_changes_between_versions_are_below_the_newer_one():
    stream, clicked = factories.stream(), PlannedEvent(name="*Clicked*", when="Soon.")
    published(stream, OPENED)
    opened = msgspec.structs.replace(OPENED, properties=OPENED.properties[1:])
    published(stream, opened, clicked, number=2)
    renamed = msgspec.structs.replace(clicked, name="Email Link Clicked")
    published(stream, renamed, number=3)

    assert written(stream, "changes").splitlines() == [
        "- **Version 3**, 5 March 2026",
        r"  - **Email Link Clicked** was renamed from \*Clicked\*.",
        "  - **Email Opened** was removed.",
        "- **Version 2**, 4 March 2026",
        "  - **Email Opened**: `campaign_id` removed.",
        r"  - **\*Clicked\*** was added.",
        "- **Version 1**, 3 March 2026",
    ]


def test_a_long_list_of_changes_is_bounded():
    stream = factories.stream()
    events = [PlannedEvent(name=f"Event {number}") for number in range(40)]
    for number in range(1, 31):
        published(stream, *events[number % 2 :: 2], number=number)

    told = written(stream, "changes").splitlines()

    assert len(told) == 20 + 20 * (20 + 1) + 1
    assert told[-1] == "- Older changes are not listed here."


def test_the_page_of_any_plan_is_rendered():
    text = "*long* " * 140
    one = PlannedProperty(path="p", description=text)
    properties = [msgspec.structs.replace(one, path=f"p_{n}") for n in range(300)]
    event = PlannedEvent(name="E", when=text, properties=tuple(properties))
    events = [msgspec.structs.replace(event, name=f"E{n}") for n in range(100)]
    stream = factories.stream()
    published(stream, *events)

    page = markdown_of(
        "{{ properties }}\n\n" * 1_000, facts_of(stream, PageKind.SOURCE)
    )

    assert len(page) < 300_000
    assert page.count("### E0") == 1
    assert "more properties not shown." in page
    assert "99 more events not shown." in page


def test_troubleshooting_lists_every_rule_and_the_effect_of_an_error():
    told = written(
        factories.stream(check_mode=ValidationMode.REJECT), "troubleshooting"
    )

    for rule in (*PLAN_RULES, *SPEC_RULES):
        assert f"| [`{rule}`](</docs/guide/rules/#{rule}>) | " in told
    assert "Events with errors are rejected when they are received." in told
    assert "Events with errors are sent" not in told


def test_parameters_are_added_to_an_address_once():
    once = tracked("https://a.example/x?utm_source=y#z")

    assert once == tracked(once)
    assert once.count("utm_source") == 1
    assert once.endswith("#z")


@pytest.mark.parametrize("kind", PageKind)
def test_a_hostile_plan_and_profile_are_inert(kind):
    texts = [text.replace("\x00", "") for text in MARKDOWN]  # no database stores it
    hostile = " ".join(texts)[:400]
    stream = factories.stream(name="<b>x</b>](javascript:alert(1))", version="<x>")
    StreamProfile.objects.create(
        stream=stream,
        about=hostile,
        website="https://x.example/)>\"' onerror=alert(1)",
        support_email="`x](javascript:alert(1))`@x.example",
        docs_url="javascript:alert(1)",
    )
    events = [
        PlannedEvent(
            name=text,
            when=text,
            properties=(PlannedProperty(path=text, example=text, description=text),),
        )
        for text in texts
    ]
    published(stream, *events, note=hostile)

    text = markdown_of(starting_text(kind, stream), facts_of(stream, kind))

    assert dangers(render(text).html) == []
