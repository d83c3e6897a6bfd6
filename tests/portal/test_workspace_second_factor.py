"""A workspace may require a second factor of everyone who opens its pages."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from streams.alerts.partner_emails import partner_page as partner_page_path
from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.base.email import wait_until_sent
from streams.events.models import QuarantinedEvent
from streams.portal.tail import rows
from tests import factories
from tests.second_factors import App, code_of

pytestmark = pytest.mark.django_db

SETUP = "/accounts/2fa/required/"


def clear_tails() -> None:
    """Forget the rows that polls in the same second share."""
    rows._events_across.cache_clear()
    rows._attempts_across.cache_clear()


def require(workspace) -> None:
    workspace.second_factor_required_at = now()
    workspace.save(update_fields=["second_factor_required_at"])


def sign_in(person) -> Client:
    client = Client()
    form = {"login": person.email, "password": factories.PASSWORD}
    client.post(reverse("account_login"), form)
    return client


def members_page(cast) -> str:
    return reverse("portal:members", args=[cast.workspace.public_id])


def switch(client, cast, to: str):
    path = reverse(f"portal:second-factor-{to}", args=[cast.workspace.public_id])
    return client.post(path, follow=True)


@pytest.mark.django_db(transaction=True)
def test_a_member_sets_up_a_factor_and_comes_back(cast):
    require(cast.workspace)
    page = members_page(cast)
    client = sign_in(cast.bob)

    asked = client.get(page, follow=True)
    form = client.get(reverse("mfa_activate_totp")).context["form"]
    client.post(reverse("mfa_activate_totp"), {"code": code_of(form.secret)})
    back = client.get(reverse("account_second_factor_done"))

    assert "This workspace requires a second step at sign-in" in asked.text
    assert back.url == page
    assert client.get(page).status_code == 200


def test_a_member_with_a_factor_enters_its_code(cast):
    require(cast.workspace)
    client = sign_in(cast.bob)
    app = App(cast.bob)  # added in another browser

    asked = client.get(members_page(cast), follow=True)
    client.post(asked.request["PATH_INFO"], {"code": app.code()})

    assert asked.request["PATH_INFO"] == reverse("mfa_reauthenticate")
    assert client.get(members_page(cast)).status_code == 200


def test_a_member_can_use_other_workspaces(cast):
    require(cast.workspace)
    other = cast.elsewhere
    other.memberships.create(user=cast.bob, role="viewer")
    client = sign_in(cast.bob)

    asked = client.get(members_page(cast), follow=True)
    choice = client.get(reverse("portal:home"))

    assert "Go to your other workspaces" in asked.text
    assert other.name in choice.text
    overview = reverse("portal:overview", args=[other.public_id])
    assert client.get(overview).status_code == 200


def test_a_part_of_a_page_leads_to_the_page_that_asks(cast):
    require(cast.workspace)
    path = reverse("portal:overview-fresh", args=[cast.workspace.public_id])

    part = sign_in(cast.bob).get(path, headers={"HX-Request": "true"})

    assert (part.status_code, part.headers["HX-Redirect"]) == (204, SETUP)


def test_the_search_box_finds_no_events_without_a_factor(cast):
    factories.append(cast.feed, now=now() - timedelta(minutes=2), messageId="m-4711")
    query, headers = {"q": "m-4711"}, {"HX-Request": "true"}
    client = sign_in(cast.bob)
    before = client.get("/search/", query, headers=headers)
    require(cast.workspace)
    after = client.get("/search/", query, headers=headers)

    event = f"/w/{cast.workspace.public_id}/events/"
    assert event in before.text
    assert event not in after.text


@pytest.mark.parametrize("page", ["events/?message_id=m-4711", "tail/", "tail/rows/"])
def test_the_lists_of_the_partner_leave_its_events_out_without_a_factor(cast, page):
    clear_tails()
    factories.append(cast.feed, now=now(), messageId="m-4711")
    page = f"/p/{cast.partner.slug}/{page}"
    event = f"/w/{cast.workspace.public_id}/events/"
    without, passed = sign_in(cast.dev), Client()
    passed.force_login(cast.dev)
    before = without.get(page).text
    require(cast.workspace)
    clear_tails()

    assert event in before
    assert event not in without.get(page).text
    assert event in passed.get(page).text


def test_the_live_tail_of_the_partner_leaves_its_attempts_out_without_a_factor(cast):
    factories.append(cast.feed)
    cursor = factories.due_cursor(1, factories.connection(cast.feed))
    factories.delivered(cursor, 1, now=now())
    require(cast.workspace)
    clear_tails()
    page = f"/p/{cast.partner.slug}/tail/?show=attempts"
    attempt = f"/w/{cast.workspace.public_id}/attempts/"
    passed = Client()
    passed.force_login(cast.dev)

    assert attempt not in sign_in(cast.dev).get(page).text
    assert attempt in passed.get(page).text


def test_the_quarantine_of_the_partner_leaves_its_events_out_without_a_factor(cast):
    factories.quarantined(cast.feed)
    held = QuarantinedEvent.objects.get()
    page = reverse(
        "portal:partner-stream-quarantine", args=[cast.partner.slug, cast.stream.slug]
    )
    event = f"{page}{held.pk}/"
    of_workspace = {"workspace": cast.workspace.public_id}
    without, passed = sign_in(cast.dev), Client()
    passed.force_login(cast.dev)
    before = without.get(event).status_code
    require(cast.workspace)

    assert before == 200
    assert without.get(event).status_code == 404
    assert cast.workspace.name not in without.get(page).text
    assert without.get(page, of_workspace).url.startswith(SETUP)
    assert passed.get(event).status_code == 200
    assert passed.get(page, of_workspace).status_code == 200


HIDDEN = "1 workspace is hidden, because it requires two-factor authentication."


@pytest.mark.parametrize("page", ["", "alerts/"])
def test_lists_of_the_partner_hide_the_workspace_without_a_factor(cast, page):
    connection = factories.cursor(factories.connection(cast.feed)).connection
    factories.alert(connection)
    page = f"/p/{cast.partner.slug}/{page}"
    link = f"/workspaces/{cast.workspace.public_id}/"
    without, passed = sign_in(cast.dev), Client()
    passed.force_login(cast.dev)
    before = without.get(page).text
    require(cast.workspace)
    after, with_factor = without.get(page).text, passed.get(page).text

    assert (link in before, HIDDEN in before) == (True, False)
    assert (link in after, HIDDEN in after) == (False, True)
    assert (link in with_factor, HIDDEN in with_factor) == (True, False)


def test_the_pages_of_the_partner_hide_the_alerts_that_lead_to_them(cast):
    connection = factories.cursor(factories.connection(cast.feed)).connection
    page = partner_page_path(factories.alert(connection))
    without, passed = sign_in(cast.dev), Client()
    passed.force_login(cast.dev)
    before = without.get(page).text
    require(cast.workspace)

    assert "Open since" in before
    assert "Open since" not in without.get(page).text
    assert "Open since" in passed.get(page).text


def test_a_partner_sees_the_number_of_its_own_hidden_workspaces(cast):
    cast.rival.memberships.create(user=cast.dev, role="developer")
    client = sign_in(cast.dev)
    require(cast.workspace)
    require(factories.workspace(cast.rival))

    assert HIDDEN in client.get(f"/p/{cast.partner.slug}/").text
    assert HIDDEN in client.get(f"/p/{cast.rival.slug}/").text
    assert "2 workspaces are hidden" in client.get("/inbox/").text


def test_the_inbox_and_its_bell_hide_the_notices_without_a_factor(cast):
    connection = factories.cursor(factories.connection(cast.feed)).connection
    notice = factories.in_inbox(factories.alert(connection, to=cast.bob), cast.bob)
    without, passed = sign_in(cast.bob), Client()
    passed.force_login(cast.bob)
    require(cast.workspace)
    hidden, shown = without.get("/inbox/").text, passed.get("/inbox/").text

    assert "Inbox: no unread notices" in hidden
    assert HIDDEN in hidden
    assert without.get(f"/inbox/{notice.pk}/").status_code == 404
    assert "Inbox: 1 unread notice" in shown
    assert cast.workspace.name in shown


def test_the_page_of_the_workspace_for_its_partner_needs_a_factor(cast):
    args = [cast.partner.slug, cast.workspace.public_id]
    page = reverse("portal:partner-workspace", args=args)
    client = sign_in(cast.dev)
    before = client.get(page)
    require(cast.workspace)

    assert before.status_code == 200
    assert client.get(page).url == f"{SETUP}?next={quote(page, safe='')}"


def test_an_admin_requires_it_and_members_are_emailed(
    cast, client, mailoutbox, django_capture_on_commit_callbacks
):
    App(cast.anna)
    client.force_login(cast.anna)

    with django_capture_on_commit_callbacks(execute=True):
        page = switch(client, cast, "require")
        switch(client, cast, "require")  # in another tab: changes nothing
    wait_until_sent()

    cast.workspace.refresh_from_db()
    assert cast.workspace.second_factor_required_at is not None
    assert "This workspace now requires two-factor authentication." in page.text
    assert [mail.to for mail in mailoutbox] == [[cast.alice.email], [cast.bob.email]]
    assert f"{cast.anna.email} now requires" in mailoutbox[0].body
    overview = reverse("portal:overview", args=[cast.workspace.public_id])
    assert f"http://testserver{overview}" in mailoutbox[0].body
    entry = AuditEntry.objects.get(action="workspace.second_factor_required")
    assert (entry.actor, entry.workspace) == (cast.anna, cast.workspace)


def test_an_admin_without_a_factor_sets_up_their_own_first(cast, client):
    client.force_login(cast.anna)

    before = client.get(members_page(cast)).text
    page = switch(client, cast, "require")

    cast.workspace.refresh_from_db()
    assert cast.workspace.second_factor_required_at is None
    assert "Set it up for your own account first." in before
    assert "Set up two-factor authentication for your own account first." in page.text


def test_it_changes_only_after_a_confirmation(cast, client):
    App(cast.anna)
    client.force_login(cast.anna)

    with time_machine.travel(now() + timedelta(minutes=16)):
        page = switch(client, cast, "require")

    cast.workspace.refresh_from_db()
    assert cast.workspace.second_factor_required_at is None
    assert page.request["PATH_INFO"] == reverse("mfa_reauthenticate")


def test_it_becomes_optional_again(cast, client):
    require(cast.workspace)
    client.force_login(cast.anna)

    page = switch(client, cast, "optional")

    cast.workspace.refresh_from_db()
    assert cast.workspace.second_factor_required_at is None
    assert "Two-factor authentication is now optional." in page.text
    assert AuditEntry.objects.filter(action="workspace.second_factor_optional").exists()
    assert sign_in(cast.bob).get(members_page(cast)).status_code == 200


def test_admins_see_who_has_a_factor_and_others_do_not(cast, client):
    App(cast.alice)
    client.force_login(cast.anna)
    of_admin = client.get(members_page(cast))
    client.force_login(cast.bob)
    of_viewer = client.get(members_page(cast))

    has = {row.user.email: row.has_factor for row in of_admin.context["memberships"]}
    assert has == {
        cast.anna.email: False,
        cast.alice.email: True,
        cast.bob.email: False,
    }
    assert "Two-factor" in of_admin.text
    assert '<th scope="col">Two-factor</th>' not in of_viewer.text


def test_the_last_factor_stays_while_a_workspace_requires_one(cast, client):
    App(cast.bob)
    require(cast.workspace)
    client.force_login(cast.bob)

    refused = client.post(reverse("mfa_deactivate_totp"))

    assert "The portal or a workspace requires" in refused.text


def test_an_operator_who_views_as_a_member_used_their_own_factor(cast, client):
    require(cast.workspace)
    client.force_login(cast.olga)
    start = reverse("admin:impersonation_start", args=[cast.bob.pk])
    client.post(start, {"reason": "A customer asked why events are missing."})

    assert client.get(members_page(cast)).status_code == 200
