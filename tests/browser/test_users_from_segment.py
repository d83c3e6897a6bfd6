"""A customer sets up inbound events, and the tool's events arrive with Segment's userIds.

The sandbox plays Segment at both ends. Ingest and the worker are killed meanwhile.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import expect

from streams.catalog.identity_settings import choose_identity
from streams.delivery.models import Cursor
from streams.events.models import Feed, WaitingEvent
from streams.identity.models import IdentityMap
from streams.observability import ledger
from streams.observability.reconcile import inconsistencies
from tests import factories
from tests.browser.page_actions import sign_in
from tests.ingest.sender_requests import basic
from tests.portal_processes import INGEST, until
from tests.servers.valkey import free_port

if TYPE_CHECKING:
    import subprocess

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PEOPLE, EVENTS, BATCH = 1_000, 10_000, 500
KNOWN, LATER = range(PEOPLE // 2), range(PEOPLE // 2, PEOPLE)
IN_CONFLICT = range(10)
SEGMENT_BATCH = 25  # events in a request of Segment


def user_id(person: int) -> str:
    """Return the customer's ID, which must arrive byte for byte."""
    return f" Ü-{person} 🐟"


def identify(person: int, user: str) -> dict[str, object]:
    return {
        "type": "identify",
        "userId": user,
        "messageId": f"identify {user}",
        "traits": {"email": f"P{person}@Example.com"},
    }


def track(number: int) -> dict[str, object]:
    person = number % PEOPLE
    return {
        "type": "track",
        "event": "Email Opened",
        "messageId": f"m{number:05}",
        "person": {"id": f"t{person}", "email": f"p{person}@example.com"},
    }


@dataclass
class Ingest:
    """The ingest process at one address, which is killed and started again."""

    portal: object
    url: str
    process: subprocess.Popen

    def kill(self) -> None:
        self.portal.kill(self.process)

    def start(self) -> None:
        self.process = self.portal.serve(self.url, INGEST)
        self.portal.answering(self.process, self.url)


@pytest.fixture
def cast(transactional_db, settings):
    # Unlike the tests, the web process supports no other hash.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    cast = factories.cast()
    cast.alice.set_password(factories.PASSWORD)
    cast.alice.save()
    factories.cursor(factories.connection(cast.feed))
    choose_identity(
        stream=cast.stream,
        identify_by=["tool_id", "email"],
        unresolved="set_aside",
        check_user_ids=False,
        actor=None,
    )
    return cast


@pytest.fixture
def ingest(portal):
    url = f"http://127.0.0.1:{free_port()}"
    portal.environ["INGEST_URL"] = url  # the page has it in the inbound address
    process = portal.serve(url, INGEST)
    portal.answering(process, url)
    return Ingest(portal, url, process)


def test_events_with_only_the_tools_ids_arrive_with_the_customers_user_ids(
    portal, far_segment, cast, ingest, page
):
    sign_in(page, portal.web(), cast.alice.email)
    url, secret = set_up(page)
    portal.beat()

    send_from_page(page, far_segment, url, secret, KNOWN)
    ingest.kill()
    ingest.start()
    all_delivered(far_segment)
    other = [identify(person, f"other {person}") for person in IN_CONFLICT]
    order(far_segment, url=url, secret=secret, method="batch", events=other)
    wrong = [identify(PEOPLE, "a stranger")]
    order(far_segment, url=url, secret=secret, events=wrong, wrong_secret=True)
    all_delivered(far_segment, dropped=1)
    see_what_arrived(page)
    assert learned(cast.feed) == (len(KNOWN), len(IN_CONFLICT))

    outcomes = send(ingest, cast.feed)
    assert outcomes == {"accepted": EVENTS // 2, "quarantined": EVENTS // 2}
    worker = portal.worker()
    later = [identify(person, user_id(person)) for person in LATER]
    order(
        far_segment, url=url, secret=secret, method="batch", events=later, mappings=2,
        batch_size=SEGMENT_BATCH,
    )  # fmt: skip
    until(lambda: 0 < waiting(cast.feed) < EVENTS // 2)
    portal.kill(worker)
    assert balances(cast.feed, EVENTS)
    portal.worker()

    until(lambda: not WaitingEvent.objects.exists())
    all_delivered(far_segment, dropped=1)
    assert_all_arrived(cast.feed, far_segment)
    see_the_counts(page)


def set_up(page) -> tuple[str, str]:
    """Follow the steps for Webhooks (Actions); return the inbound address and the secret."""
    page.get_by_role("link", name="Connection", exact=True).click()
    page.get_by_role("link", name="Set up…").click()
    page.get_by_role("button", name="Create secret").click()
    secret = page.locator("#secret").inner_text()
    page.locator("summary").filter(has_text="Webhooks (Actions)").click()
    url = page.locator("#webhook-url").inner_text()
    page.get_by_role("button", name="Send test call").click()
    expect(page.get_by_text("Test call accepted")).to_be_visible()
    return url, secret


def send_from_page(page, far_segment, url: str, secret: str, people: range) -> None:
    """Send identify calls on the sandbox's page, each by two mappings."""
    sandbox = page.context.new_page()
    sandbox.goto(far_segment.url)
    sandbox.get_by_role("link", name="Send events to the portal").click()
    sandbox.get_by_label("Inbound address").fill(url)
    sandbox.get_by_label("Inbound secret").fill(secret)
    sandbox.get_by_label("Destination").select_option("Webhooks (Actions), batched")
    sandbox.get_by_label("Events in a batch").fill(str(SEGMENT_BATCH))
    sandbox.get_by_label("Mappings that match").fill("2")
    calls = [identify(person, user_id(person)) for person in people]
    sandbox.get_by_label("Identify calls for people").fill("0")
    sandbox.get_by_label("Other events").fill(json.dumps(calls))
    sandbox.get_by_role("button", name="Send events").click()
    expect(sandbox.get_by_text(f"Sending {2 * len(people)} events in")).to_be_visible()
    sandbox.close()


def order(far_segment, **fields) -> None:
    """Have the sandbox send events to the inbound address."""
    url = f"{far_segment.url}/_sandbox/inbound"
    assert requests.post(url, json=fields, timeout=10).status_code == 202


def all_delivered(far_segment, *, dropped: int = 0) -> None:
    """Wait until Segment waits for nothing, on its fast clock; so many were refused."""
    url = f"{far_segment.url}/_sandbox/inbound"

    def is_done() -> bool:
        shown = requests.get(url, timeout=10).json()
        retried = [one for one in shown["deliveries"] if one["due_in_s"]]
        if retried:
            move = {"advance_s": max(one["due_in_s"] for one in retried)}
            requests.post(f"{url}/clock", json=move, timeout=10)
        counts = shown["counts"]
        assert counts["expired"] == 0
        return counts["waiting"] == 0 and counts["dropped"] == dropped

    until(is_done)


def see_what_arrived(page) -> None:
    """Read on the page how many events arrived, and why the last one was refused."""
    received = page.locator("#received")
    expect(received.get_by_text("signature")).to_be_visible()
    expect(received.get_by_text("Never")).to_have_count(0)


def learned(feed: Feed) -> tuple[int, int]:
    found = IdentityMap.objects.get(feed=feed)
    return found.links, found.open_conflicts


def send(ingest: Ingest, feed: Feed) -> dict[str, int]:
    """Send all events in order, each batch until it is acknowledged; ingest is killed once.

    Returns the outcomes.
    """
    key = basic(factories.ingest_key(feed))
    outcomes: Counter[str] = Counter()
    for first in range(0, EVENTS, BATCH):
        batch = [track(number) for number in range(first, first + BATCH)]
        if first == EVENTS // 2:
            ingest.kill()
            ingest.start()
        results = acknowledged(ingest.url, batch, key)
        outcomes.update(result["outcome"] for result in results)
        assert balances(feed, first + BATCH)
    return dict(outcomes)


def acknowledged(
    url: str, batch: list[dict[str, object]], key: dict[str, str]
) -> list[dict[str, str]]:
    response = requests.post(
        f"{url}/v1/batch", json={"batch": batch}, headers=key, timeout=30
    )
    assert response.status_code == 200
    return response.json()["results"]


def waiting(feed: Feed) -> int:
    return Feed.objects.get(pk=feed.pk).quarantined


def balances(feed: Feed, received: int) -> bool:
    """Whether so many were received, and the rows say the same, at this moment."""
    assert inconsistencies(feed) == []
    return ledger.of(feed).received == received


def assert_all_arrived(feed: Feed, far_segment) -> None:
    until(lambda: far_segment.stats()["unique_message_ids"] == EVENTS, within_s=120)
    until(lambda: not Cursor.objects.exclude(due_at=None).exists())
    by_person = defaultdict(list)
    for sent in far_segment.events():
        number = int(sent["messageId"][1:])
        person = number % PEOPLE
        assert sent["userId"] == user_id(person)
        assert sent["context"][f"{feed.stream.slug}Id"] == f"t{person}"
        assert "person" not in sent
        by_person[person].append(number)
    for person, numbers in by_person.items():
        assert list(dict.fromkeys(numbers)) == list(range(person, EVENTS, PEOPLE))
    books = ledger.of(feed)
    assert (books.received, books.delivered, books.quarantined) == (EVENTS, EVENTS, 0)
    assert inconsistencies(feed) == []


def see_the_counts(page) -> None:
    page.get_by_role("link", name="Overview", exact=True).click()
    counts = page.get_by_role("region", name="Identity")
    expect(counts.get_by_role("link", name="10 open conflicts")).to_be_visible()
    # The kill of ingest may have lost the counts of a few seconds, but no events.
    for outcome in ("was found", "wasn't found"):
        expect(counts.get_by_role("link", name=f"userId {outcome}")).to_be_visible()
