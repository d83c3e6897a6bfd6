"""Each URL that changes something writes the activity log entries in its table."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse

from streams.audit.details import COLUMNS
from streams.audit.models import AuditEntry
from streams.audit.support_access import OPENED
from streams.audit.words import LABELS
from streams.delivery.replay.services import cancel_replay
from streams.tenancy.invitations import make_invitation, token_of
from tests import factories
from tests.browser.all_forms import FORMS, PLAN_YAML, Form
from tests.portal.access_table import RESET_KEY, ROWS, Row, Scene, set_scene
from tests.portal.activity_table import (
    ADMIN_ADDED,
    ADMIN_CHANGED,
    ELSEWHERE,
    OTHERS,
    RECORDED,
    UNRECORDED,
)
from tests.portal.sent_form import form_in

pytestmark = pytest.mark.django_db

# The fields that lead to a page that only a POST shows.
STEPS = {
    "change_region": {"region": "sandbox-eu"},
    "upload_plan": {"file": ("plan.yaml", PLAN_YAML)},
}


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker) -> Iterator[Scene]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield set_scene()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def sandbox(settings, segment) -> None:
    settings.SANDBOX_URL = segment.url


def test_every_url_that_takes_a_post_is_in_the_table():
    posted = {row.route for row in ROWS if row.method == "post"}

    unsent = UNRECORDED.keys() | ELSEWHERE.keys()
    listed = RECORDED.keys() | unsent | OTHERS.keys()
    assert posted - listed == set()
    assert not RECORDED.keys() & UNRECORDED.keys()


def test_the_table_has_only_urls_with_a_form():
    forms = {form.sends_to for form in FORMS}

    assert RECORDED.keys() - forms == set()


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form.sends_to in RECORDED], ids=str
)
def test_a_sent_form_is_recorded(form, scene, django_capture_on_commit_callbacks):
    form.prepare(scene)
    if form.sends_to.endswith("replays/new/"):  # one at a time
        cancel_replay(replay=scene.replay, actor=None)
    client = Client()
    client.force_login(scene.person(form.who))
    before = AuditEntry.objects.count()

    with django_capture_on_commit_callbacks(execute=True):
        response = send(client, scene, form)

    entries = AuditEntry.objects.order_by("pk")[before:]
    person = scene.person(form.who)
    assert response.status_code in (201, 302), response.text
    assert {entry.action for entry in entries} == RECORDED[form.sends_to]
    assert {entry.actor for entry in entries} == {person}
    assert unlabelled(entries) == set()
    # The tests run what follows a commit after the request.
    after_commit = form.sends_to.endswith(("members/", "invite/", "resend/"))
    assert {entry.address for entry in entries} == {"" if after_commit else "127.0.0.1"}


def unlabelled(entries) -> set[str]:
    """The names of details that would be shown raw."""
    return {name for one in entries for name in one.detail} - LABELS.keys() - COLUMNS


def send(client: Client, scene: Scene, form: Form):
    page = scene.url(Row(route=form.page, gets=())) + form.query
    action = scene.url(Row(route=form.sends_to, gets=()))
    shown = client.get(page)
    if form.steps:
        shown = client.post(page, uploaded(STEPS[form.steps.__name__]))
    sent = form_in(shown.text, page, action)
    file = {sent.file: form.file} if form.file else {}
    if form.sends_to.endswith("plan/learn/"):
        sent.values["events"] = sent.unchecked["events"]
    if form.sends_to.endswith("docs/<kind>/"):
        form.fields["text"] = "# Ours\n\n{{ about }}\n\nNew."
    values = {**sent.values, **form.fields, **form.secrets, **file}
    return client.post(sent.action, uploaded(values))


def uploaded(values):
    return {
        name: SimpleUploadedFile(*value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }


def recorded_since(count: int) -> set[str]:
    entries = AuditEntry.objects.order_by("pk")[count:]
    assert unlabelled(entries) == set()
    return {entry.action for entry in entries}


def test_replays_of_the_api_are_recorded(client):
    live = factories.due_cursor(3)
    factories.delivered(live, 3)
    _token, secret = factories.token(live.stream)
    signed = {"Authorization": f"Bearer {secret.text}"}

    def post(path: str, body: dict[str, object]):
        return client.post(
            path, body, "application/json", headers=signed, secure=True
        ).json()

    count = AuditEntry.objects.count()
    made = post("/api/v1/replays", {"workspace": live.feed.workspace.external_id})
    assert recorded_since(count) == OTHERS["api/v1/replays"]

    count = AuditEntry.objects.count()
    post(f"/api/v1/replays/{made['replay']['id']}/cancel", {})
    assert recorded_since(count) == OTHERS["api/v1/replays/<replay_id>/cancel"]


def test_suppressions_by_api_are_recorded(client):
    feed = factories.feed()
    _, secret = factories.token(feed.stream)
    headers = {"Authorization": f"Bearer {secret.text}"}
    place = "api/v1/workspaces/<path:workspace>/privacy/suppressions"

    for route in (place, f"{place}/remove"):
        path = route.replace("<path:workspace>", feed.workspace.external_id)
        count = AuditEntry.objects.count()
        client.post(
            f"/{path}",
            {"userId": "u1"},
            "application/json",
            headers=headers,
            secure=True,
        )
        assert recorded_since(count) == OTHERS[route]


def test_sign_in_sign_out_and_a_new_password_are_recorded(client):
    user, new = factories.user(), "an entirely new passphrase"
    sent = {
        "accounts/login/": {"login": user.email, "password": factories.PASSWORD},
        "accounts/password/change/": {
            "oldpassword": factories.PASSWORD, "password1": new, "password2": new,
        },
        "accounts/logout/": {},
    }  # fmt: skip
    for route, data in sent.items():
        count = AuditEntry.objects.count()
        client.post(f"/{route}", data)

        assert recorded_since(count) == OTHERS[route]


def test_a_password_reset_is_recorded(client, mailoutbox):
    user, new = factories.user(), "an entirely new passphrase"
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(r"http://testserver(\S+)", mailoutbox[0].body)[1]
    count = AuditEntry.objects.count()

    client.post(client.get(link).url, {"password1": new, "password2": new})

    assert recorded_since(count) == OTHERS[RESET_KEY]


def test_an_accepted_invitation_is_recorded(client, scene):
    cast = scene.cast
    made = make_invitation(
        place=cast.workspace, email=cast.rita.email, role="viewer", actor=cast.anna
    )
    client.force_login(cast.rita)
    count = AuditEntry.objects.count()

    client.post(reverse("portal:invitation", args=[token_of(made)]))

    assert recorded_since(count) == OTHERS["invitations/<token>/"]


def test_an_unsubscription_is_recorded(client, scene):
    route = "unsubscribe/<token>/"
    count = AuditEntry.objects.count()

    client.post(scene.url(Row(route=route, gets=())))

    assert recorded_since(count) == OTHERS[route]


def test_the_table_has_every_form_of_the_admin(admin_user, rf):
    request = rf.get("/")
    request.user = admin_user
    models = {model._meta.model_name: of for model, of in admin.site._registry.items()}

    added = {name for name, of in models.items() if of.has_add_permission(request)}
    changed = {name for name, of in models.items() if of.has_change_permission(request)}
    assert added == {*ADMIN_ADDED, "halt"}  # see test_halts.py
    assert changed == ADMIN_CHANGED.keys()


@pytest.mark.parametrize("name", ADMIN_ADDED)
def test_a_row_that_an_operator_adds_is_recorded(name, admin_client, scene):
    fields, actions = ADMIN_ADDED[name]
    if name in ("workspace", "stream"):
        fields = {**fields, "partner": str(scene.cast.partner.pk)}

    assert sent_in_admin(admin_client, admin_url(name, "add"), fields) == actions


@pytest.mark.parametrize("name", ADMIN_CHANGED)
def test_a_row_that_an_operator_changes_is_recorded(name, admin_client, scene):
    rows = {
        "partner": scene.cast.partner,
        "workspace": scene.cast.workspace,
        "user": scene.cast.anna,
        "stream": scene.cast.stream,
        "group": Group.objects.create(name="Operators"),
    }
    fields, actions = ADMIN_CHANGED[name]
    url = admin_url(name, "change", rows[name].pk)

    # Opening a workspace is recorded, too.
    assert sent_in_admin(admin_client, url, fields) - {OPENED} == actions


def admin_url(name: str, page: str, *args: object) -> str:
    app = "auth" if name == "group" else "streams"
    return reverse(f"admin:{app}_{name}_{page}", args=args)


def sent_in_admin(client: Client, url: str, fields: dict[str, str]) -> set[str]:
    sent = form_in(client.get(url).text, url, url)
    count = AuditEntry.objects.count()
    response = client.post(url, {**sent.values, **fields})
    assert response.status_code == 302, response.text
    return recorded_since(count)
