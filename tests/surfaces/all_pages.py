"""Visit every page, as each person, in every state that tests can bring about.

The states come from the tables of tests/portal and tests/browser.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin
from django.urls import reverse

from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.delivery.limits.models import Halt
from streams.delivery.models import Lease
from streams.events.models import Event
from tests import factories
from tests.browser.all_forms import FORMS, Form, as_it_is
from tests.portal.access_table import PEOPLE as PEOPLE_OF_TABLE
from tests.portal.access_table import ROWS, Row, Scene
from tests.surfaces.factor_pages import factor_pages
from tests.surfaces.unlinked_pages import rare_pages
from tests.surfaces.visits import HTML, Visit, Visitor, undone

# Each sees pages, or parts of pages, that the others do not.
PEOPLE = ("nobody", "bob", "alice", "anna", "sam", "petra")
MAY_ALL = ("anna", "petra")
STAGES = ("draft", "submitted", "approved", "in_qa", "live", "suspended")
DECISIONS = ("approve", "send-back", "go-live", "not-yet", "suspend", "resume")
# States that the table of forms does not reach.
MORE = (
    "w/<public_id>/events/?name=Purchase",
    "w/<public_id>/events/?type=x&last=x&property=x&user_id=x",
    "w/<public_id>/events/?outcome=expired",
    "w/<public_id>/exports/new/?list=attempts&outcome=retry",
    "w/<public_id>/exports/new/?list=attempts",
    "w/<public_id>/events/search/?name=Purchase",
    "w/<public_id>/events/search/?before=4&found=49",
    "w/<public_id>/activity/?kind=keys&about=Purchase",
    "w/<public_id>/activity/?kind=Purchase",
    "w/<public_id>/?range=7d",
    "w/<public_id>/?range=custom&since=2026-03-01T00:00&until=2026-03-03T00:00",
    "w/<public_id>/quarantine/?name=Purchase",
    "w/<public_id>/quarantine/?before=1",
    "w/<public_id>/issues/?name=Purchase",
    "p/<slug:slug>/streams/<slug:stream_slug>/quarantine/?workspace=<public_id>",
    "p/<slug:slug>/streams/<slug:stream_slug>/issues/?rule=PLAN-EVENT-001&name=Mail+Opened",
    "w/<public_id>/issues/?severity=hint",
    "w/<public_id>/replays/new/?count=1",
    "w/<public_id>/replays/new/?count=1&ids=new",
    "p/<slug:slug>/streams/<slug:stream_slug>/plan/versions/?from=1&to=1",
    "docs/search/?q=retention",
    "docs/search/?q=xyzzy",
    "search/?q=xyzzy",
)
PROGRAMS = ("v1/", "^v1/", "api/", "^api/", "healthz", "readyz")


def walk(scene: Scene) -> Iterator[Visit]:
    """Yield all pages.

    Changes are rolled back, except for rows that operators look at.
    """
    people = {name: Visitor(scene, name) for name in (*PEOPLE, "olga")}
    for name in PEOPLE:
        yield from pages_of(people[name])
    for form in FORMS:
        yield from states_of(form, people[form.who])
    for stage in STAGES:
        with undone():
            Stream.objects.filter(pk=scene.cast.stream.pk).update(stage=stage)
            yield from pages_at_stage(people)
    yield from account_pages(scene)
    yield from factor_pages(scene)
    yield from rare_pages(scene)
    yield from staff_pages(people["olga"])


def pages_of(visitor: Visitor) -> Iterator[Visit]:
    """Yield all pages that a person can open.

    Only admins submit forms, with empty fields.
    """
    place = PEOPLE_OF_TABLE.index(visitor.name)
    for row in ROWS:
        if row.route.startswith(PROGRAMS):
            continue
        is_seen = visitor.name == "nobody" or row.gets[place] in (200, 201)
        if is_seen if row.method == "get" else visitor.name in MAY_ALL:
            with undone():
                path = visitor.scene.url(row)
                yield from visitor.visit(row.method, path, row.data)
    if visitor.name in MAY_ALL:
        for route in MORE:
            path = visitor.scene.url(Row(route=route, gets=()))
            yield from visitor.visit("get", path)


def states_of(form: Form, visitor: Visitor) -> Iterator[Visit]:
    """Yield the form's page as the table prepares it, and after sending the form."""
    scene = visitor.scene
    page = scene.url(Row(route=form.page, gets=())) + form.query
    action = scene.url(Row(route=form.sends_to, gets=())) + form.query
    for sent in (None, {}, {**form.fields, **form.secrets}):
        with undone():
            form.prepare(scene)
            if sent is not None:
                yield from visitor.visit("post", action, sent)
            elif form.query or form.prepare is not as_it_is:
                yield from visitor.visit("get", page)


def pages_at_stage(people: dict[str, Visitor]) -> Iterator[Visit]:
    """Yield the stream's pages for people with and without access to change it."""
    stream = "p/<slug:slug>/streams/<slug:stream_slug>/"
    for name in ("petra", "sam"):
        for page in ("launch/", "qa/", "qa/report/", ""):
            path = people[name].scene.url(Row(route=f"{stream}{page}", gets=()))
            yield from people[name].visit("get", path)
    olga = people["olga"]
    pk = olga.scene.cast.stream.pk
    yield from olga.visit("get", reverse("admin:streams_stream_review", args=[pk]))
    for decision in DECISIONS:
        page = reverse("admin:streams_stream_decide", args=[pk, decision])
        yield from olga.visit("get", page)
        for text in ("", "Drill"):
            with undone():
                yield from olga.visit("post", page, {"text": text})


def account_pages(scene: Scene) -> Iterator[Visit]:
    """Yield the forms of a user's account, submitted with mistakes and without."""
    email, password, new = scene.cast.bob.email, factories.PASSWORD, "another battery 7"
    forms = {
        "account_login": (
            {"login": email, "password": "wrong"},
            {"login": email, "password": password},
        ),
        "account_request_login_code": ({"email": "x"}, {"email": email}),
        "account_reset_password": ({"email": email}, {"email": "new@example.com"}, {}),
        "account_change_password": (
            {"oldpassword": "wrong", "password1": "1", "password2": "2"},
            {"oldpassword": password, "password1": new, "password2": new},
        ),
    }
    for name, sent in forms.items():
        for data in sent:
            with undone():
                who = "bob" if name == "account_change_password" else "nobody"
                yield from Visitor(scene, who).visit("post", reverse(name), data)


def staff_pages(olga: Visitor) -> Iterator[Visit]:
    """Yield the admin's pages: each model's list, form and log."""
    factories.rejected(olga.scene.replay.cursor)
    Halt.objects.create(stream=olga.scene.cast.stream, reason="Drill")
    Lease.objects.get_or_create(stream=olga.scene.cast.stream)
    for path in staff_paths():
        yield from olga.visit("get", path)
    yield from halts(olga)
    yield from searches(olga)
    yield from pauses(olga)
    with undone():
        yield from olga.visit("post", reverse("admin:notifications-test"), {})
    yield from views_as(olga)
    yield from sign_out_of_user(olga)
    as_page = {"Accept": HTML}
    yield from olga.visit("get", "/readyz/details", headers=as_page)


def halts(olga: Visitor) -> Iterator[Visit]:
    """Yield the forms that stop and resume delivery, with mistakes and without."""
    stop, everything = (
        reverse("admin:streams_halt_add"),
        {
            "stream": "all",
            "region": "all",
            "reason": "Drill",
        },
    )
    for data in ({}, everything, everything | {"stop": "yes"}):
        yield from olga.visit("post", stop, data)
    halt = Halt.objects.first().pk
    lift = reverse("admin:streams_halt_lift", query={"halt": halt})
    yield from olga.visit("get", lift)
    for data in ({}, {"reason": "Done"}):
        with undone():
            yield from olga.visit("post", lift, data)
    yield from olga.visit("get", reverse("admin:streams_halt_lift"))


def pauses(olga: Visitor) -> Iterator[Visit]:
    """Yield the form that pauses a connection, with its mistake and without."""
    chosen = {"connection": Connection.objects.current().first().pk}
    page = reverse("admin:streams_connection_pause", query=chosen)
    yield from olga.visit("get", page)
    for data in ({}, {"reason": "Drill"}):
        with undone():
            yield from olga.visit("post", page, data)


def views_as(olga: Visitor) -> Iterator[Visit]:
    """Yield the form that starts to view the portal as a customer, and a page of the view."""
    cast = olga.scene.cast
    start = reverse("admin:impersonation_start", args=[cast.anna.pk])
    yield from olga.visit("get", start)
    with undone():
        for data in ({}, {"reason": "Drill"}):
            yield from olga.visit("post", start, data)
        for method in ("get", "post"):
            path = f"/w/{cast.workspace.public_id}/connection/"
            yield from olga.visit(method, path, {})
        yield from olga.visit("get", reverse("account_change_password"))
        yield from olga.visit("post", reverse("admin:impersonation_end"), {})


def sign_out_of_user(olga: Visitor) -> Iterator[Visit]:
    """Yield the form that ends a user's sessions, with mistakes and without."""
    page = reverse("admin:streams_user_sign_out", args=[olga.scene.cast.anna.pk])
    yield from olga.visit("get", page)
    with undone():
        for data in ({}, {"reason": "Drill"}):
            yield from olga.visit("post", page, data)


def searches(olga: Visitor) -> Iterator[Visit]:
    message_id = Event.objects.values_list("message_id", flat=True).first()
    for text in ("", "xyzzy", "o", message_id, factories.WRITE_KEY):
        yield from olga.visit("get", reverse("admin:search", query={"q": text}))
    for query in ({}, {"user_id": "xyzzy"}, {"email": "ada@example.com"}):
        yield from olga.visit("get", reverse("admin:search-events", query=query))


def staff_paths() -> Iterator[str]:
    yield reverse("admin:index")
    yield reverse("admin:password_change")
    yield reverse("components")
    yield reverse("admin:refused-requests")
    yield reverse("outbox")
    yield reverse("admin:inbox")
    yield reverse("admin:notifications")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        row = model._default_manager.first()
        if model._meta.app_label != "auth":
            yield reverse(f"{name}_add")
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
            yield reverse(f"{name}_history", args=[row.pk])
