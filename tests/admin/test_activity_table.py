"""Each action and each page of the admin writes the activity log entries in its table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.urls import URLResolver, get_resolver, reverse

from streams.admin.catalog.decisions import DECISIONS as OFFERED
from streams.alerts.models import Alert
from streams.audit.details import COLUMNS
from streams.audit.models import AuditEntry
from streams.audit.support_access import OPENED
from streams.audit.words import LABELS
from streams.connections.models import Connection
from streams.delivery.limits.models import Halt
from streams.review.models import LiveRequest
from streams.review.services import suspend
from tests import factories
from tests.admin.activity_table import ACTIONS, DECISIONS, INLINES, PAGES, READ_ONLY
from tests.admin.registered_models import registered

pytestmark = pytest.mark.django_db

# The pages of each model: tests/portal/test_activity_table.py sends the forms.
OF_MODELS = ("_changelist", "_add", "_change", "_delete", "_history")


def admin_urls(patterns, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the route and the name of each URL of the admin."""
    for one in patterns:
        route = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from admin_urls(one.url_patterns, route)
        elif route.startswith("admin/"):
            yield route, one.name or ""


def models_of_the_admin():
    """Each model with its pages of the admin."""
    return [(model, admin.site._registry[model]) for model in registered()]


def recorded_since(count: int) -> set[str]:
    """The actions recorded since then, except that a workspace was opened."""
    entries = AuditEntry.objects.order_by("pk")[count:]
    names = {name for one in entries for name in one.detail}
    assert names - LABELS.keys() - COLUMNS == set()
    return {entry.action for entry in entries} - {OPENED}


# --- The tables are complete ---------------------------------------------------------------


def test_every_action_of_the_admin_is_in_the_table(rf, olga):
    request = rf.get("/")
    request.user = olga

    found = {
        (model._meta.model_name, action)
        for model, of in models_of_the_admin()
        for action in of.get_actions(request)
    }

    assert found == ACTIONS.keys()


def test_every_row_that_is_edited_on_another_ones_page_is_in_the_table(rf, olga):
    request = rf.get("/")
    request.user = olga

    found = {
        (model._meta.model_name, inline.model._meta.model_name)
        for model, of in models_of_the_admin()
        for inline in of.get_inlines(request, model())
    }

    assert found == INLINES.keys()


def test_every_decision_about_a_stream_is_in_the_table():
    assert OFFERED.keys() == DECISIONS.keys()


def test_every_page_of_the_admin_is_in_a_table():
    names = {name for _, name in admin_urls(get_resolver().url_patterns)} - {""}
    models = {
        f"{model._meta.app_label}_{model._meta.model_name}{page}"
        for model in registered()
        for page in OF_MODELS
    }

    own = names - models
    listed = PAGES.keys() | READ_ONLY
    assert own - listed == {"streams_stream_decide"}
    assert listed - own == {"streams_halt_add"}  # has its own page for a model's


def test_urls_without_a_name_only_redirect():
    routes = [
        route for route, name in admin_urls(get_resolver().url_patterns) if not name
    ]

    others = [one for one in routes if not one.endswith("/<path:object_id>/")]
    assert others == [
        "admin/streams/findingkind/",
        "admin/streams/findingkind/<path:rest>",
        "admin/(?P<url>.*)$",  # for addresses without the last slash
    ]


def test_no_row_is_deleted_on_the_pages_of_the_admin(rf, olga):
    request = rf.get("/")
    request.user = olga

    assert not [
        model
        for model, of in models_of_the_admin()
        if of.has_delete_permission(request)
    ]


# --- What is sent is recorded --------------------------------------------------------------


def paused() -> Connection:
    return factories.connection(status=Connection.Status.PAUSED)


def replay():
    live = factories.due_cursor(4)
    factories.delivered(live, 3)
    return factories.replay(live, end=3)


def failed_message():
    endpoint, _secret = factories.webhook_endpoint(factories.workspace())
    return factories.webhook_message(
        endpoint, None, status=503, attempts=3, given_up_at=factories.NOW
    )


def alert(*, muted: bool = False):
    at = factories.NOW
    made = Alert.objects.create(
        condition="not_ready", subject="portal:disk", since=at, opened_at=at
    )
    if muted:
        made.mutes.create(audience="operator", muted_at=at)
    return made


ROWS = {
    ("alert", "acknowledge"): alert,
    ("alert", "mute_for_day"): alert,
    ("alert", "mute_for_hour"): alert,
    ("alert", "mute_until_closed"): alert,
    ("alert", "unmute"): lambda: alert(muted=True),
    ("connection", "pause"): lambda: factories.due_cursor(1).connection,
    ("connection", "resume"): paused,
    ("connection", "retry_now"): lambda: factories.due_cursor(1).connection,
    ("partnertoken", "revoke"): lambda: factories.token()[0],
    ("replay", "cancel"): replay,
    ("webhookmessage", "send_again"): failed_message,
    ("workspace", "remove_empty"): lambda: factories.workspace(),
}


@pytest.mark.parametrize(("model", "action"), ACTIONS)
def test_an_action_is_recorded(staff, model, action):
    row = ROWS[model, action]()
    form = {"action": action, "_selected_action": [row.pk]}
    count = AuditEntry.objects.count()

    response = staff.post(reverse(f"admin:streams_{model}_changelist"), form)

    assert response.status_code == 302
    assert recorded_since(count) == ACTIONS[model, action]


@pytest.mark.parametrize(("model", "inline"), INLINES)
def test_a_row_that_is_added_on_another_ones_page_is_recorded(staff, model, inline):
    row = factories.partner() if model == "partner" else factories.workspace()
    fields = {
        "name": row.name, "slug": getattr(row, "slug", ""), "weight": 1,
        "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0,
        "memberships-0-user": factories.user().pk, "memberships-0-role": "admin",
    }  # fmt: skip
    count = AuditEntry.objects.count()

    staff.post(reverse(f"admin:streams_{model}_change", args=[row.pk]), fields)

    assert recorded_since(count) >= INLINES[model, inline]
    assert row.memberships.count() == 1


def in_qa(*, asked: bool = False):
    stream = factories.stream(stage="in_qa")
    if asked:
        LiveRequest.objects.create(
            stream=stream, note="", asked_at=factories.NOW, asked_by=None
        )
    return stream


def suspended():
    stream = factories.stream()
    suspend(stream=stream, reason="It sends passwords.", actor=None)
    return stream


STREAMS = {
    "approve": lambda: factories.stream(stage="submitted"),
    "send-back": lambda: factories.stream(stage="submitted"),
    "go-live": in_qa,
    "not-yet": lambda: in_qa(asked=True),
    "suspend": lambda: factories.stream(),
    "resume": suspended,
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_about_a_stream_is_recorded(staff, name):
    stream = STREAMS[name]()
    page = reverse("admin:streams_stream_decide", args=[stream.pk, name])
    count = AuditEntry.objects.count()

    staff.post(page, {"text": "As we agreed."})

    assert recorded_since(count) == DECISIONS[name]


def password(staff):
    new = {"password1": "a new passphrase 123", "password2": "a new passphrase 123"}
    args = [factories.user().pk]
    url = reverse("admin:auth_user_password_change", args=args)
    return url, {**new, "usable_password": "true"}


def of_user(name: str, **form: str):
    def page(staff):
        return reverse(f"admin:{name}", args=[factories.user().pk]), form

    return page


def viewing(staff):
    start = reverse("admin:impersonation_start", args=[factories.user().pk])
    staff.post(start, {"reason": "Ticket 7"})
    return reverse("admin:impersonation_end"), {}


def new_halt(staff):
    url, form = reverse("admin:streams_halt_add"), {
        "stream": "all", "region": "eu", "reason": "Drill",
    }  # fmt: skip
    preview = staff.post(url, form).context["confirm"]
    return url, {**form, "previewed": preview.scope, "stop": "yes"}


def pause(staff):
    query = {"connection": factories.connection().pk}
    return reverse("admin:streams_connection_pause", query=query), {"reason": "Flood"}


def lifted_halt(staff):
    halt = Halt.objects.create(reason="Drill")
    query = {"halt": halt.pk}
    return reverse("admin:streams_halt_lift", query=query), {"reason": "Done"}


def chosen(staff):
    url = reverse("admin:notifications")
    form = staff.get(url).context["form"]
    fields = {name: field.initial for name, field in form.fields.items()}
    return url, {**fields, "no_beat-email": "daily"}


SENT = {
    "auth_user_password_change": password,
    "impersonation_end": viewing,
    "impersonation_start": of_user("impersonation_start", reason="Ticket 7"),
    "logout": lambda staff: (reverse("admin:logout"), {}),
    "notifications": chosen,
    "notifications-test": lambda staff: (reverse("admin:notifications-test"), {}),
    "streams_connection_pause": pause,
    "streams_halt_add": new_halt,
    "streams_halt_lift": lifted_halt,
    "streams_user_reset_link": of_user("streams_user_reset_link"),
    "streams_user_sign_out": of_user("streams_user_sign_out", reason="Stolen"),
}


@pytest.mark.parametrize("name", sorted(PAGES.keys() - {"streams_auditentry_export"}))
def test_a_page_that_changes_something_is_recorded(staff, name, settings):
    settings.REDIS_URL = ""
    url, form = SENT[name](staff)
    count = AuditEntry.objects.count()

    staff.post(url, form)

    assert recorded_since(count) == PAGES[name]


def test_a_download_of_the_activity_log_is_recorded(staff):
    name = "streams_auditentry_export"
    url = reverse(f"admin:{name}", args=["csv"])

    list(staff.get(url).streaming_content)

    assert recorded_since(0) == PAGES[name]
