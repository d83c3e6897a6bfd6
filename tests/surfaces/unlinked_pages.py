"""Pages that no link leads to: errors, forms sent at the wrong time, final states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import override_settings
from django.urls import get_resolver, reverse

from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.digest_emails import digest_email_of
from streams.alerts.emails import email_of
from streams.alerts.models import Alert, Notice
from streams.alerts.operators import operator_email_of
from streams.alerts.partner_emails import partner_email_of
from streams.base.clock import now
from streams.catalog.models import Stream
from streams.catalog.plans.models import PlanVersion
from streams.catalog.plans.plan import (
    PlannedEvent,
    PlannedProperty,
    TrackingPlan,
    to_json,
)
from streams.delivery.models import Cursor
from streams.delivery.retention.expiry import expire
from streams.events.models import Event, QuarantinedEvent
from streams.events.search import scan
from streams.portal.sso.refused import refused
from streams.privacy import jobs as erasures
from streams.sign_in.sso.models import SsoProvider
from streams.sign_in.sso.refusals import Refusal
from streams.sign_in.sso.services import set_enforced
from streams.tenancy.models import WorkspaceMembership
from streams.web.early_error_pages import server_pages
from tests import factories
from tests.browser.all_forms import PLAN_YAML, drafted, paused, with_single_sign_on
from tests.portal.access_table import Row, Scene
from tests.surfaces.visits import Visit, Visitor, undone

if TYPE_CHECKING:
    from collections.abc import Callable

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
MANY = 60  # more than any limit on password resets


def rare_pages(scene: Scene) -> Iterator[Visit]:
    for bring_about in RARE:
        with undone():
            yield from bring_about(scene)


def url(scene: Scene, route: str) -> str:
    return scene.url(Row(route=route, gets=()))


# --- Errors ------------------------------------------------------------------------------


def refusals(scene: Scene) -> Iterator[Visit]:
    """Yield pages for hosts, origins and forms that the portal refuses."""
    login = reverse("account_login")
    asked = {
        "another host": Client(headers={"Host": "evil.example"}).get("/"),
        "another origin": Client(headers={"Origin": "http://evil.example"}).post(login),
        "no token": Client(enforce_csrf_checks=True).post(login),
    }
    with override_settings(SECURE_SSL_REDIRECT=True):
        asked["plain HTTP"] = Client().post(login)
    for what, response in asked.items():
        yield Visit(what, response.text)
    request = RequestFactory().get("/")
    for status in (403, 404):
        handler = get_resolver().resolve_error_handler(status)
        yield Visit(f"{status}", handler(request, exception=Exception()).text)
    yield Visit("500", get_resolver().resolve_error_handler(500)(request).text)
    for status, page in server_pages().items():
        yield Visit(f"{status:d}", page.decode())


def too_many_requests(scene: Scene) -> Iterator[Visit]:
    visitor = Visitor(scene, "nobody")
    data = {"email": scene.cast.bob.email}
    for _ in range(MANY):
        for visit in visitor.visit("post", reverse("account_reset_password"), data):
            yield visit
            if visitor.status == 429:
                return


def refused_single_sign_on(scene: Scene) -> Iterator[Visit]:
    """Yield the sign-in page with single sign-on, and the page of each refusal."""
    operators = {
        "OIDC_ISSUER": "http://127.0.0.1:9",
        "OIDC_CLIENT_ID": "portal",
        "OIDC_CLIENT_SECRET": "secret",
    }
    nobody = Visitor(scene, "nobody")
    with override_settings(**operators):
        yield from nobody.visit("get", reverse("account_login"))
        start = reverse("openid_connect_login", args=["operators"])
        yield from nobody.visit("get", start)
    request = RequestFactory().get("/")
    for reason in Refusal:
        yield Visit(f"refused: {reason}", refused(request, reason, "operators").text)


def single_sign_on(scene: Scene) -> Iterator[Visit]:
    """Yield the pages that lead to a partner's provider, and its states."""
    with_single_sign_on(scene)
    partner, petra = scene.cast.partner, Visitor(scene, "petra")
    nobody, data = Visitor(scene, "nobody"), {"email": scene.cast.sam.email}
    yield from nobody.visit("post", reverse("sso"), data)
    yield from nobody.visit("post", reverse("sso"), {"email": "x@fern.example"})
    yield from nobody.visit("post", reverse("sso-hint"), {"login": data["email"]})
    page = reverse("portal:partner-sso", args=[partner.slug])
    yield from petra.visit("get", page)
    set_enforced(partner=partner, is_enforced=True, actor=scene.cast.petra)
    yield from petra.visit("get", page)
    login = {"login": scene.cast.sam.email, "password": "x"}
    yield from nobody.visit("post", reverse("account_login"), login)
    SsoProvider.objects.update(tested_at=None, is_enforced=False)
    yield from petra.visit("get", page)
    yield from petra.visit("post", f"{page}enforce/")
    yield from petra.visit("get", page)


def search_box(scene: Scene) -> Iterator[Visit]:
    """Yield what the dialog of the search box loads, and found events."""
    visitor = Visitor(scene, "petra")
    for text in ("", "user_1"):
        page = f"/search/?q={text}&in=p:{scene.cast.partner.slug}"
        yield from visitor.visit("get", page, headers={"HX-Request": "true"})
    of_feed = {"feed": scene.cast.feed}
    held = QuarantinedEvent.objects.filter(**of_feed).first()
    for one in (Event.objects.filter(**of_feed).first(), held):
        for query in ({"user_id": one.user_id}, {"message_id": one.message_id}):
            yield from visitor.visit("get", url(scene, "p/<slug:slug>/events/"), query)


def choices_of_a_place(scene: Scene) -> Iterator[Visit]:
    """Yield the page that a link of a guide leads a member of two partners to."""
    factories.stream(scene.cast.partner)
    petra = Visitor(scene, "petra")
    yield from petra.visit("get", "/your/stream/qa/")
    yield from petra.visit("get", "/your/workspace/events/")


def only_forms(scene: Scene) -> Iterator[Visit]:
    path = url(scene, "w/<public_id>/connection/pause/")
    yield from Visitor(scene, "anna").visit("get", path)


def twice_at_once(scene: Scene) -> Iterator[Visit]:
    """Yield the page of a form whose first submit is still in progress."""
    request = RequestFactory().get("/")
    request.user, request.resolver_match = scene.cast.bob, None
    name = "portal/shared/form_in_progress.html"
    yield Visit(name, render_to_string(name, {"page": "/"}, request))


def first_password(scene: Scene) -> Iterator[Visit]:
    person = factories.user("new@example.com")
    person.set_unusable_password()
    person.save()
    yield from Visitor(scene, person).visit("get", reverse("account_set_password"))


# --- Forms -------------------------------------------------------------------------------


def expired_sessions(scene: Scene) -> Iterator[Visit]:
    """Yield forms of every kind that are submitted after the session has ended."""
    stream = "p/<slug:slug>/streams/<slug:stream_slug>/"
    forms = {
        "w/<public_id>/members/": {"email": "new@example.com", "role": "viewer"},
        "w/<public_id>/connection/": {"write_key": factories.WRITE_KEY, "region": "us"},
        f"{stream}docs/<kind>/": {"text": "Long\ntext", "seen": "1.1"},
    }
    for route, data in forms.items():
        sent = {**data, "form_token": "a" * 22}
        visitor = Visitor(scene, "nobody")
        yield from visitor.visit("post", url(scene, route), sent, headers=SAME_ORIGIN)


def uploads(scene: Scene) -> Iterator[Visit]:
    files = url(scene, "p/<slug:slug>/streams/<slug:stream_slug>/plan/files/")
    for content in (PLAN_YAML, b"events: 1", b"events: []"):
        file = BytesIO(content)
        file.name = "plan.yaml"
        with undone():
            yield from Visitor(scene, "petra").visit("post", files, {"file": file})


def decided_quarantine(scene: Scene) -> Iterator[Visit]:
    anna = Visitor(scene, "anna")
    decide = url(scene, "w/<public_id>/quarantine/decide/")
    [page] = anna.visit("get", decide)
    last_id = re.search(r'name="last_id" value="(\d+)"', page.html)[1]
    for action in ("rename", "release", "discard"):
        data = {"action": action, "new_name": "Sent", "sure": "on", "last_id": last_id}
        with undone():
            yield from anna.visit("post", decide, data)
            yield from anna.visit("get", decide.replace("decide/", ""))


# --- States ------------------------------------------------------------------------------


def homes(scene: Scene) -> Iterator[Visit]:
    """Yield the start page of a member of many places, and of a member of none."""
    cast = scene.cast
    WorkspaceMembership.objects.create(
        workspace=cast.workspace, user=cast.charlie, role="viewer"
    )
    for person in (cast.charlie, factories.user("none@example.com")):
        yield from Visitor(scene, person).visit("get", reverse("portal:home"))
    empty = reverse("portal:overview", args=[cast.elsewhere.public_id])
    yield from Visitor(scene, "charlie").visit("get", empty)
    yield from Visitor(scene, "nobody").visit("get", "/invitations/none/")


def expiring_events(scene: Scene) -> Iterator[Visit]:
    paused(scene)
    Cursor.objects.filter(kind=Cursor.Kind.LIVE).update(position=0)
    for name in ("anna", "bob"):
        yield from Visitor(scene, name).visit("get", url(scene, "w/<public_id>/"))


def split_attempts(scene: Scene) -> Iterator[Visit]:
    """Yield the attempts of a request that was split, and an event of it."""
    cursor = scene.delivery.cursor
    factories.delivery(cursor, 1, 3, outcome="split", status_code=400)
    factories.delivery(cursor, 1, 2, outcome="split", status_code=400)
    factories.delivery(cursor, 1, 1, outcome="rejected", status_code=400)
    factories.delivery(cursor, 2, 3)
    alice = Visitor(scene, "alice")
    yield from alice.visit("get", url(scene, "w/<public_id>/attempts/"))
    yield from alice.visit("get", url(scene, "w/<public_id>/events/1/"))


def searches(scene: Scene) -> Iterator[Visit]:
    """Yield the list of events while a search goes on, and after events expired."""
    anna, events = Visitor(scene, "anna"), url(scene, "w/<public_id>/events/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "FIRST_WINDOW", 1)
        patch.setattr(scan, "FIRST_S", 0)
        yield from anna.visit("get", f"{events}?name=Purchase")
    Cursor.objects.filter(kind=Cursor.Kind.LIVE).update(position=0)
    expire([scene.cast.feed.pk], cutoff=now())
    for query in ("?outcome=expired", ""):
        yield from anna.visit("get", events + query)


def unchecked_streams(scene: Scene) -> Iterator[Visit]:
    Stream.objects.update(check_mode="off")
    stream = "p/<slug:slug>/streams/<slug:stream_slug>/issues/"
    for name, route in (("petra", stream), ("anna", "w/<public_id>/issues/")):
        yield from Visitor(scene, name).visit("get", url(scene, route))


def faulty_plans(scene: Scene) -> Iterator[Visit]:
    drafted("Email Unsubscribed", "Order Cancelled", "a..b", "email_opened")(scene)
    plan = "p/<slug:slug>/streams/<slug:stream_slug>/plan/"
    for page in ("", "publish/", "versions/", "versions/2/", "discard/"):
        yield from Visitor(scene, "petra").visit("get", url(scene, f"{plan}{page}"))


def plans_of_staff(scene: Scene) -> Iterator[Visit]:
    event = PlannedEvent(
        name="Sent",
        properties=(PlannedProperty(path="id", required=True, sensitive=True),),
        context=(PlannedProperty(path="ip"),),
    )
    plan = to_json(TrackingPlan(events=(event,)))
    version = PlanVersion.objects.create(
        stream=scene.cast.stream, number=3, content=plan, published_at=factories.NOW
    )
    olga = Visitor(scene, "olga")
    for name, args in (
        ("planversion_change", [version.pk]),
        ("feed_events", [scene.cast.feed.pk]),
        ("feed_event", [scene.cast.feed.pk, 1]),
        ("feed_quarantine", [scene.cast.feed.pk]),
    ):
        yield from olga.visit("get", reverse(f"admin:streams_{name}", args=args))


def undelivered_events(scene: Scene) -> Iterator[Visit]:
    """Yield an event and attempts that are retried, and an event that expired."""
    anna, live = Visitor(scene, "anna"), Cursor.objects.filter(end_seq=None)
    factories.append(scene.cast.feed, now=now())
    cursor = live.get(feed=scene.cast.feed)
    failed = {"outcome": "retry", "status_code": 503, "error": "Segment returned 503."}
    factories.delivery(cursor, 4, 4, started_at=now(), **failed)
    last = factories.delivery(cursor, 4, 4, started_at=now(), **failed)
    live.update(failures=2, due_at=now() + timedelta(minutes=1))
    for page in ("events/4/", f"attempts/{last.pk}/", f"attempts/?attempt={last.pk}",
                 "attempts/errors/", "attempts/?status=none"):  # fmt: skip
        yield from anna.visit("get", url(scene, f"w/<public_id>/{page}"))
    factories.expired(scene.cast.feed, 1)
    yield from anna.visit("get", url(scene, "w/<public_id>/events/1/"))


def alert_emails(scene: Scene) -> Iterator[Visit]:
    """Yield the email of the start and of the end of every kind of alert."""
    to = scene.cast.anna
    for condition in Alert.Condition:
        over = {"closed_at": now(), "recovered": True}
        alert = factories.alert(scene.delivery.connection, to=to, condition=condition, **over)  # fmt: skip
        notice = alert.notices.get()
        rule = BY_CONDITION[condition]
        email = operator_email_of if rule.for_operators else email_of
        for transition in Notice.Transition:
            notice.transition = transition
            html, _type = email(notice).alternatives[0]
            yield Visit(f"email: {condition} {transition}", html)
        if rule.partner_from:
            html, _type = partner_email_of(notice).alternatives[0]
            yield Visit(f"email to the partner: {condition}", html)


def digests(scene: Scene) -> Iterator[Visit]:
    """Yield the digest of open and closed alerts of a workspace and a partner."""
    connection, anna = scene.delivery.connection, scene.cast.anna
    Alert.objects.all().delete()
    notices = []
    for closed_at in (None, now()):
        for transition, condition in zip(
            Notice.Transition, Alert.Condition, strict=False
        ):
            alert = factories.alert(
                connection, to=anna, condition=condition, closed_at=closed_at
            )
            for audience in ("workspace", "partner"):
                notice = alert.notices.get()
                notice.audience, notice.transition = audience, transition
                notice.digest_end = now()
                notices.append(notice)
    html, _type = digest_email_of(notices).alternatives[0]
    yield Visit("email: digest", html)


def settings_of_notices(scene: Scene) -> Iterator[Visit]:
    """Yield the list of places, of someone with several, and a link that isn't valid."""
    WorkspaceMembership.objects.create(
        user=scene.cast.anna, workspace=scene.cast.elsewhere, role="viewer"
    )
    anna = Visitor(scene, "anna")
    yield from anna.visit("get", reverse("portal:notifications"))
    link = reverse("portal:unsubscribe", args=["x"])
    yield from Visitor(scene, "nobody").visit("get", link)


def erased_people(scene: Scene) -> Iterator[Visit]:
    """Yield the report of an erasure, and an erased event."""
    anna, feed = Visitor(scene, "anna"), scene.cast.feed
    factories.append(feed, now=now(), userId="ada")
    factories.erasure(feed)
    erasures.work(lambda: False)
    yield from anna.visit("get", url(scene, "w/<public_id>/privacy/"))
    workspace = feed.workspace.public_id
    path = reverse("portal:event", args=[workspace, feed.head_seq])
    yield from anna.visit("get", path)


RARE: tuple[Callable[[Scene], Iterator[Visit]], ...] = (
    refusals, too_many_requests, refused_single_sign_on, single_sign_on, search_box, choices_of_a_place, only_forms, twice_at_once, first_password, expired_sessions, uploads,
    decided_quarantine, homes, expiring_events, split_attempts, searches, unchecked_streams, faulty_plans,
    plans_of_staff, undelivered_events, alert_emails, digests, settings_of_notices,
    erased_people,
)  # fmt: skip
