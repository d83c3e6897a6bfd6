"""The rules guide lists every rule in its section."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from streams.catalog.plans.rules import RULES as PLAN_RULES
from streams.docs.guides.generated_facts import PARTS
from streams.docs.guides.index import FOLDER
from streams.spec.check.event import check
from streams.spec.rules import RULES as SPEC_RULES
from tests.docs.error_tables import CODE
from tests.docs.parsed_page import Seen

STREAMS = settings.BASE_DIR / "streams"
# Checked for every event, before its validation mode.
BEFORE_THE_MODE = (
    "spec/call_structure.py",
    "spec/consent.py",
    "spec/decode/structure.py",
    "events/event_preparation.py",
)


def ids(part: str) -> list[str]:
    return re.findall(r"^\| `([A-Z0-9-]+)` \|", PARTS[part](), re.MULTILINE)


@pytest.mark.django_db
def test_every_rule_is_found_by_its_id_and_links_to_segments_docs(client):
    page = Seen(client.get("/docs/guide/rules/").text)

    rules = [*SPEC_RULES.values(), *PLAN_RULES.values()]
    found = [one for one in page.ids if CODE.fullmatch(one)]
    assert sorted(found) == sorted(rule.id for rule in rules)
    assert {rule.docs for rule in rules if rule.docs} <= set(page.links)


def test_rules_that_apply_in_every_mode_are_those_checked_before_the_mode():
    sources = [(STREAMS / name).read_text() for name in BEFORE_THE_MODE]

    found = {code for source in sources for code in CODE.findall(source)}

    assert set(ids("rules-refused")) == found


def test_every_other_rule_is_about_names_or_contents():
    listed = ids("rules-refused") + ids("rules-names") + ids("rules-contents")

    assert sorted(listed) == sorted(SPEC_RULES)


def test_the_example_of_an_issue_is_a_real_one():
    (issue,) = check({"type": "track", "userId": "u1", "event": "Purchase"})

    shown = (FOLDER / "rules.md").read_text()

    for said in (
        issue.rule,
        issue.severity,
        issue.path,
        issue.message,
        issue.fix,
    ):
        assert f'"{said}"' in shown
