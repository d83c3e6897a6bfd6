"""Operators act through services, and every action writes an audit entry."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.urls import reverse

from streams.admin.shared.links import page_url
from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.base.email import wait_until_sent
from streams.connections.models import Connection
from streams.tenancy.models import Partner, User, Workspace
from tests import factories

pytestmark = pytest.mark.django_db


def act(client, name, action, *rows):
    """Run an action on rows of a list; return its messages."""
    form = {"action": action, "_selected_action": [row.pk for row in rows]}
    address = reverse(f"admin:streams_{name}_changelist")
    response = client.post(address, form, follow=True)
    return [str(message) for message in response.context["messages"]]


def pause(client, *connections):
    """Pause connections with a reason, and return the messages."""
    query = {"connection": [one.pk for one in connections]}
    page = reverse("admin:streams_connection_pause", query=query)
    response = client.post(page, {"reason": "Their server floods us."}, follow=True)
    return [str(message) for message in response.context["messages"]]


def audited():
    """Return the action and the actor of the newest audit entry."""
    entry = AuditEntry.objects.latest("pk")
    return entry.action, entry.actor


def test_pausing_connections_holds_their_events_and_no_others(staff, olga):
    cursor, other = factories.due_cursor(events=1), factories.due_cursor(events=1)

    said = pause(staff, cursor.connection)

    for row in (cursor, other, cursor.connection):
        row.refresh_from_db()
    assert (cursor.connection.status, cursor.held) == (Connection.Status.PAUSED, True)
    assert other.held is False
    assert said == ["Paused 1 connection."]
    entry = AuditEntry.objects.get(action="connection.paused")
    assert (entry.actor, entry.detail["reason"]) == (olga, "Their server floods us.")


def test_resuming_a_connection_sends_its_queued_events(staff, olga):
    cursor = factories.due_cursor(events=1)
    pause(staff, cursor.connection)

    said = act(staff, "connection", "resume", cursor.connection)

    cursor.refresh_from_db()
    assert cursor.held is False
    assert said == [f"Resumed connection {cursor.connection}."]
    assert audited() == ("connection.resumed", olga)


def test_retry_now_ends_the_wait(staff, olga):
    cursor = factories.due_cursor(events=1)
    cursor.due_at = now() + (factories.NOW - factories.NOW.replace(hour=0))
    cursor.save()

    said = act(staff, "connection", "retry_now", cursor.connection)

    cursor.refresh_from_db()
    assert cursor.due_at <= now()
    assert said == [f"Retrying connection {cursor.connection} now."]
    assert audited() == ("connection.retried", olga)


def test_a_connection_can_be_paused_from_its_own_page(staff):
    cursor = factories.due_cursor(events=1)
    pk = cursor.connection_id
    page = reverse("admin:streams_connection_change", args=[pk])
    form = {"CHANGE_FORM-action": "pause", "_selected_action": pk}

    asked = staff.post(page, form)
    cursor.refresh_from_db()
    assert cursor.held is False
    done = staff.post(asked.url, {"reason": "Their server floods us."})

    cursor.refresh_from_db()
    assert cursor.held is True
    assert done.url == page


def test_an_action_reports_rows_it_cannot_change_and_changes_the_rest(staff):
    paused, active = factories.due_cursor(events=1), factories.due_cursor(events=1)
    pause(staff, paused.connection)

    said = act(staff, "connection", "resume", paused.connection, active.connection)

    paused.refresh_from_db()
    assert paused.held is False
    assert sorted(said) == sorted(
        [
            f"{active.connection}: This connection is already active, or it was deleted.",
            f"Resumed connection {paused.connection}.",
        ]
    )


def test_a_pause_says_what_it_affects_and_needs_a_reason(staff):
    cursor, other = factories.due_cursor(events=3), factories.due_cursor(events=2)
    paused = factories.connection(status="paused")
    chosen = (cursor.connection, other.connection, paused)
    form = {"action": "pause", "_selected_action": [one.pk for one in chosen]}
    asked = staff.post(reverse("admin:streams_connection_changelist"), form)

    page = " ".join(staff.get(asked.url).text.split())
    refused = staff.post(asked.url, {"reason": " "})

    assert "5 queued events and all new ones wait" in page
    assert "1 of the selected connections isn't active" in page
    assert "This field is required." in refused.text
    assert not AuditEntry.objects.filter(action="connection.paused").exists()


def test_a_pause_with_an_empty_queue_says_so(staff):
    cursor = factories.cursor()
    query = {"connection": cursor.connection.pk}

    page = staff.get(reverse("admin:streams_connection_pause", query=query)).text

    assert "No events are queued. New ones wait" in page
    assert 'class="button danger">Pause delivery</button>' in page


@pytest.mark.parametrize(
    ("status", "offered"),
    [("active", "Pause delivery…"), ("paused", "Resume delivery…")],
)
def test_a_workspace_leads_to_the_pause_or_to_the_end_of_one(staff, status, offered):
    connection = factories.connection(status=status)
    pk = connection.pk
    links = {
        "Pause delivery…": reverse(
            "admin:streams_connection_pause", query={"connection": pk}
        ),
        "Resume delivery…": reverse("admin:streams_connection_change", args=[pk]),
    }

    page = staff.get(
        reverse("admin:streams_workspace_change", args=[connection.feed.workspace_id])
    ).text

    found = [
        text for text, url in links.items() if f'<a href="{url}">{text}</a>' in page
    ]
    assert found == [offered]
    assert sum(page.count(f">{text}</a>") for text in links) == 1


def test_a_pause_of_too_many_connections_recommends_a_halt(staff, monkeypatch):
    monkeypatch.setattr("streams.admin.delivery.pause_page.MOST", 1)
    one, two = factories.connection(), factories.connection()

    said = act(staff, "connection", "pause", one, two)

    assert said == ["Select at most 1 connections. To stop more, halt the stream."]


def test_a_pause_of_what_is_not_active_changes_nothing(staff):
    said = pause(staff, factories.connection(status="paused"))

    assert said == ["None of these connections is active."]


def test_only_operators_who_may_change_connections_pause_them(client):
    person = factories.user(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_connection"))
    client.force_login(person)
    query = {"connection": factories.connection().pk}

    response = client.get(reverse("admin:streams_connection_pause", query=query))

    assert response.status_code == 403


def offered(staff, row):
    """Return the actions that the page of a row offers, and those of its list."""
    name = row._meta.model_name
    pages = (
        reverse(f"admin:streams_{name}_change", args=[row.pk]),
        reverse(f"admin:streams_{name}_changelist"),
    )
    return [
        [key for key, _ in form.fields["action"].choices if key] if form else []
        for form in (staff.get(page).context["action_form"] for page in pages)
    ]


@pytest.mark.parametrize(
    ("create", "actions"),
    [
        (lambda: factories.due_cursor(events=1).connection, ["pause", "retry_now"]),
        (factories.connection, ["pause"]),
        (lambda: factories.connection(status="paused"), ["resume"]),
        (lambda: factories.connection(status="attention"), ["resume"]),
        (lambda: factories.connection(deleted_at=factories.NOW), []),
        (factories.workspace, ["remove_empty"]),
        (lambda: factories.connection().feed.workspace, []),
        (lambda: factories.token()[0], ["revoke"]),
        (lambda: factories.token(revoked_at=factories.NOW)[0], []),
    ],
)
def test_pages_offer_only_actions_that_can_work(staff, create, actions):
    assert offered(staff, create()) == [actions, actions]


def test_a_list_offers_an_action_that_works_for_one_of_its_rows(staff):
    factories.connection(status="paused")
    active = factories.connection()

    of_the_row, of_the_list = offered(staff, active)

    assert (of_the_row, of_the_list) == (["pause"], ["pause", "resume"])


def test_operators_with_read_access_have_no_actions(client):
    person = factories.user(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_connection"))
    client.force_login(person)
    cursor = factories.due_cursor(events=1)

    act(client, "connection", "retry_now", cursor.connection)

    assert not AuditEntry.objects.filter(action="connection.retried").exists()


def test_cancel_ends_a_replay_and_reports_one_that_has_ended(staff, olga):
    live = factories.due_cursor(events=2)
    factories.delivered(live, 2)
    replay = factories.replay(live)

    first = act(staff, "replay", "cancel", replay)
    again = act(staff, "replay", "cancel", replay)

    replay.cursor.refresh_from_db()
    assert replay.state == "canceled"
    assert first == [f"Canceled replay {replay.public_id}."]
    assert again == [f"{replay.public_id}: This replay has already ended."]
    assert audited() == ("replay.cancelled", olga)


def test_revoke_ends_a_token_at_once(staff, olga):
    token, _ = factories.token()

    first = act(staff, "partnertoken", "revoke", token)
    again = act(staff, "partnertoken", "revoke", token)

    token.refresh_from_db()
    assert token.revoked_at is not None
    assert first == [f"Revoked API token {token}."]
    assert again == [f"The token {token.name} is already revoked."]
    assert audited() == ("token.revoked", olga)


NEW_PARTNER = {
    "name": "Postbox",
    "slug": "postbox-inc",
    "stream_name": "Postbox Mail",
    "stream_slug": "postbox",
    "admin_email": "Petra@Postbox.example",
}


def test_creating_a_partner_creates_its_stream_and_its_admin(staff, olga):
    response = staff.post(reverse("admin:streams_partner_add"), NEW_PARTNER)

    partner = Partner.objects.get()
    [stream], [membership] = partner.streams.all(), partner.memberships.all()
    assert response.status_code == 302
    assert (partner.name, partner.slug) == ("Postbox", "postbox-inc")
    assert (stream.name, stream.slug) == ("Postbox Mail", "postbox")
    assert (membership.user.email, membership.role) == (
        "petra@postbox.example",
        "admin",
    )
    assert membership.user.has_usable_password() is False
    made = AuditEntry.objects.order_by("pk").values_list("action", "actor")
    assert list(made) == [
        ("user.created", olga.pk),
        ("partner.created", olga.pk),
        ("stream.created", olga.pk),
        ("member.joined", olga.pk),
    ]


def test_a_new_partners_admin_can_be_an_existing_user(staff):
    person = factories.user("petra@postbox.example")

    staff.post(reverse("admin:streams_partner_add"), NEW_PARTNER)

    assert Partner.objects.get().members.get() == person


def test_a_reserved_slug_is_refused(staff):
    form = {**NEW_PARTNER, "stream_slug": "docs"}

    response = staff.post(reverse("admin:streams_partner_add"), form)

    assert response.context["errors"] == [
        ["“docs” is reserved. Choose a different slug."]
    ]
    assert not Partner.objects.exists()


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("slug", "Partner with this Slug already exists."),
        (
            "stream_slug",
            "A stream with this slug already exists. Choose another slug.",
        ),
    ],
)
def test_a_slug_in_use_is_refused(staff, field, message):
    staff.post(reverse("admin:streams_partner_add"), NEW_PARTNER)
    other = {**NEW_PARTNER, "slug": "other", "stream_slug": "other"}

    response = staff.post(
        reverse("admin:streams_partner_add"), {**other, field: NEW_PARTNER[field]}
    )

    assert response.context["errors"] == [[message]]
    assert Partner.objects.count() == 1


def test_a_change_to_a_stream_is_audited_with_its_values(staff, olga):
    stream = factories.stream(name="Postbox")
    form = {
        "name": "Postbox Mail",
        "version": "2.0.0",
        "create_workspaces": "on",
        "requests_per_second": 50,
        "retention_days": 30,
    }

    staff.post(reverse("admin:streams_stream_change", args=[stream.pk]), form)

    stream.refresh_from_db()
    entry = AuditEntry.objects.get()
    assert (stream.name, stream.version) == ("Postbox Mail", "2.0.0")
    assert (entry.action, entry.actor, entry.partner) == (
        "stream.changed", olga, stream.partner,
    )  # fmt: skip
    assert entry.detail == {
        "stream": stream.slug,
        "changed": "name: Postbox → Postbox Mail, version: 1.0.0 → 2.0.0",
        "name": "Postbox Mail", "version": "2.0.0", "allow_anonymous": False,
        "create_workspaces": True, "requests_per_second": 50, "retention_days": 30,
    }  # fmt: skip


@pytest.mark.parametrize(("days", "noted"), [("14", True), ("60", False)])
def test_a_retention_shortened_by_an_operator_does_not_apply_at_once(
    staff, days, noted
):
    stream = factories.stream()
    form = {
        "name": "Postbox",
        "version": "1.0.0",
        "requests_per_second": 50,
        "retention_days": days,
    }

    staff.post(reverse("admin:streams_stream_change", args=[stream.pk]), form)

    stream.refresh_from_db()
    assert stream.retention_days == int(days)
    assert (stream.retention_shortened_at is not None) == noted


def test_a_feed_page_shows_events_that_are_about_to_expire(staff):
    cursor = factories.due_cursor(events=2)

    page = staff.get(reverse("admin:streams_feed_change", args=[cursor.feed_id]))

    assert "2 events, starting at 2026-04-02 00:00:00 UTC" in page.text


def members_form(rows, new=()):
    """Return the member fields of a workspace's form.

    Rows are (membership, role, delete).
    """
    total = len(rows) + len(new)
    form = {"memberships-TOTAL_FORMS": total, "memberships-INITIAL_FORMS": len(rows)}
    for number, (membership, role, delete) in enumerate(rows):
        prefix = f"memberships-{number}-"
        form |= {
            f"{prefix}id": membership.pk,
            f"{prefix}workspace": membership.workspace_id,
            f"{prefix}user": membership.user_id,
            f"{prefix}role": role,
        }
        if delete:
            form[f"{prefix}DELETE"] = "on"
    for number, (user, role) in enumerate(new, start=len(rows)):
        prefix = f"memberships-{number}-"
        form |= {f"{prefix}user": user.pk, f"{prefix}role": role}
    return form


def test_adding_changing_and_removing_members_is_audited(staff, olga):
    workspace = factories.workspace()
    factories.member(workspace, "admin")
    alice, bob = (
        factories.member(workspace, "viewer"),
        factories.member(workspace, "viewer"),
    )
    rows = {m.user_id: m for m in workspace.memberships.all()}
    carol = factories.user()
    form = members_form(
        [(rows[alice.pk], "editor", False), (rows[bob.pk], "viewer", True)],
        new=[(carol, "viewer")],
    )

    staff.post(
        reverse("admin:streams_workspace_change", args=[workspace.pk]),
        {"name": workspace.name, "weight": 1, **form},
    )

    roles = dict(workspace.memberships.values_list("user", "role"))
    assert (roles[alice.pk], roles[carol.pk]) == ("editor", "viewer")
    assert bob.pk not in roles
    assert set(AuditEntry.objects.values_list("action", "actor")) == {
        ("member.joined", olga.pk),
        ("member.role_changed", olga.pk),
        ("member.removed", olga.pk),
    }


def test_a_member_can_be_replaced_by_another_user(staff):
    workspace = factories.workspace()
    anna, carol = factories.member(workspace, "admin"), factories.user()
    form = members_form([(workspace.memberships.get(user=anna), "admin", False)])
    form["memberships-0-user"] = carol.pk

    staff.post(
        reverse("admin:streams_workspace_change", args=[workspace.pk]),
        {"name": workspace.name, "weight": 1, **form},
    )

    assert workspace.memberships.get().user == carol


def test_the_only_admin_cannot_be_removed_and_the_page_says_why(staff):
    workspace = factories.workspace()
    anna = factories.member(workspace, "admin")
    form = members_form([(workspace.memberships.get(), "admin", True)])

    response = staff.post(
        reverse("admin:streams_workspace_change", args=[workspace.pk]),
        {"name": workspace.name, "weight": 1, **form},
    )

    said = [str(message) for message in get_messages(response.wsgi_request)]
    assert workspace.members.get() == anna
    assert (
        f"{anna} is the only admin of {workspace}. Make someone else an admin first."
    ) in said


def test_a_user_can_be_created_without_a_password(staff, olga):
    form = {"email": "New@Example.com", "name": "New", "usable_password": "false"}

    staff.post(reverse("admin:streams_user_add"), form)

    person = User.objects.get(email="new@example.com")
    assert (person.has_usable_password(), person.is_staff) == (False, False)
    assert audited() == ("user.created", olga)


def test_only_a_superuser_can_grant_permissions(client):
    helper = factories.user(is_staff=True)
    for codename in ("change_user", "view_user"):
        helper.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_login(helper)
    address = reverse("admin:streams_user_change", args=[helper.pk])

    client.post(
        address,
        {"email": helper.email, "name": "H", "is_active": "on", "is_superuser": "on"},
    )

    helper.refresh_from_db()
    assert (helper.name, helper.is_superuser) == ("H", False)


def test_an_operator_cannot_change_a_superuser(client, olga):
    helper = factories.user(is_staff=True)
    for codename in ("change_user", "view_user"):
        helper.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_login(helper)
    form = {"password1": "a new passphrase 123", "password2": "a new passphrase 123"}

    changed = client.post(
        reverse("admin:streams_user_change", args=[olga.pk]), {"email": "x@y.z"}
    )
    password = client.post(
        reverse("admin:auth_user_password_change", args=[olga.pk]), form
    )

    assert (changed.status_code, password.status_code) == (403, 403)


def helper_with(*codenames):
    """Return an operator with these permissions only."""
    helper = factories.user(is_staff=True)
    for codename in codenames:
        helper.user_permissions.add(Permission.objects.get(codename=codename))
    return helper


NEW_PASSWORD = {
    "password1": "a new passphrase 123",
    "password2": "a new passphrase 123",
    "usable_password": "true",
}


def test_an_operator_cannot_change_another_operator_or_set_a_password(client):
    client.force_login(helper_with("change_user", "view_user", "change_group"))
    colleague, customer = helper_with("view_user", "change_stream"), factories.user()
    pages = [
        reverse("admin:streams_user_change", args=[colleague.pk]),
        reverse("admin:auth_user_password_change", args=[colleague.pk]),
        reverse("admin:auth_user_password_change", args=[customer.pk]),
        reverse("admin:auth_group_add"),
    ]

    answers = [client.post(page, {"email": "x@y.z", **NEW_PASSWORD}) for page in pages]

    assert [answer.status_code for answer in answers] == [403] * 4
    for person in (colleague, customer):
        person.refresh_from_db()
        assert person.check_password(factories.PASSWORD)


def test_an_operator_can_change_a_users_name_but_not_their_email(client):
    client.force_login(helper_with("change_user", "view_user"))
    customer = factories.user()
    page = reverse("admin:streams_user_change", args=[customer.pk])
    form = {
        "email": "mine@example.com",
        "name": "Ada",
        "is_active": "on",
        "is_staff": "on",
    }

    client.post(page, form)

    was, now_is = customer.email, User.objects.get(pk=customer.pk)
    assert (now_is.email, now_is.name, now_is.is_staff) == (was, "Ada", False)
    assert "Reset password" not in client.get(page).text


def test_a_user_created_by_any_operator_has_no_password(client):
    client.force_login(helper_with("add_user", "change_user", "view_user"))
    form = {"email": "new@example.com", "name": "New", **NEW_PASSWORD}

    client.post(reverse("admin:streams_user_add"), form)

    assert User.objects.get(email="new@example.com").has_usable_password() is False


def test_a_user_is_notified_when_a_superuser_sets_their_password(
    staff, olga, mailoutbox
):
    person = factories.user()

    staff.post(
        reverse("admin:auth_user_password_change", args=[person.pk]), NEW_PASSWORD
    )
    wait_until_sent()

    person.refresh_from_db()
    assert person.check_password("a new passphrase 123")
    assert audited() == ("user.password_set_by_operator", olga)
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        ([person.email], "Your password was changed")
    ]


def change_person(client, person, **changes):
    address = reverse("admin:streams_user_change", args=[person.pk])
    form = client.get(address).context["adminform"].form
    sent = {name: form[name].value() for name in ("email", "name")}
    return client.post(address, {**sent, "is_active": "on", **changes})


def test_a_changed_email_is_reported_to_the_old_and_the_new_address(
    staff, olga, mailoutbox
):
    person = factories.user("before@example.com")

    changed = change_person(staff, person, email="After@example.com")
    wait_until_sent()

    assert changed.status_code == 302, changed.context["errors"]
    person.refresh_from_db()
    assert person.email == "after@example.com"
    assert audited() == ("user.email_changed_by_operator", olga)
    old, new = mailoutbox
    assert (old.to, old.subject) == (
        ["before@example.com"],
        "Your email address was changed",
    )
    assert (new.to, new.subject) == (
        ["after@example.com"],
        "Your account has a new email address",
    )
    # Neither mailbox learns the other address, nor where the operator is.
    assert "after@example.com" not in old.body.lower()
    assert "before@example.com" not in new.body.lower()
    assert "IP address" not in old.body + new.body


def test_other_changes_to_a_user_send_no_email(staff, mailoutbox):
    person = factories.user("before@example.com")

    change_person(staff, person, name="Ada", email="BEFORE@example.com")
    wait_until_sent()

    person.refresh_from_db()
    assert (person.name, person.email) == ("Ada", "before@example.com")
    assert mailoutbox == []


def test_changes_to_group_permissions_are_audited(staff, olga):
    staff.post(reverse("admin:auth_group_add"), {"name": "Support"})

    assert audited() == ("group.created", olga)


def test_an_action_that_removes_a_row_redirects_from_its_page_to_the_list(staff):
    workspace = factories.feed().workspace
    page = reverse("admin:streams_workspace_change", args=[workspace.pk])
    form = {"CHANGE_FORM-action": "remove_empty", "_selected_action": workspace.pk}

    done = staff.post(page, form, follow=True)

    assert len(done.context["messages"]) == 1  # no second error
    assert done.redirect_chain == [(reverse("admin:streams_workspace_changelist"), 302)]


def test_operators_can_remove_empty_workspaces(staff, olga):
    gone, used = factories.feed(), factories.feed()
    factories.append(used, 1)

    said = act(staff, "workspace", "remove_empty", gone.workspace, used.workspace)

    deleted, kept = said
    assert deleted == "Deleted 1 empty workspace."
    assert kept.startswith("1 workspace was not deleted, because it has events")
    assert [*Workspace.objects.all()] == [used.workspace]
    assert audited() == ("workspace.removed", olga)
    for page in ("changelist", "change"):
        args = [AuditEntry.objects.latest("pk").pk] if page == "change" else []
        address = reverse(f"admin:streams_auditentry_{page}", args=args)
        assert staff.get(address).status_code == 200


def test_removing_workspaces_needs_the_permission_to_delete_them(client):
    gone = factories.feed().workspace
    person = factories.user(is_staff=True)
    person.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_workspace", "change_workspace"])
    )
    client.force_login(person)

    act(client, "workspace", "remove_empty", gone)

    assert Workspace.objects.filter(pk=gone.pk).exists()


def test_a_users_page_says_that_its_button_sets_a_password(staff):
    customer = factories.user("customer@example.com")

    page = staff.get(reverse("admin:streams_user_change", args=[customer.pk])).text

    assert "Set password…" in page
    assert "Reset password" not in page
    assert "Email a reset link" in page


@pytest.mark.parametrize(
    ("has_account", "next_step"),
    [
        (False, "Open this user and select “Email a reset link”"),
        (True, "The account exists: tell this admin to sign in."),
    ],
)
def test_adding_a_partner_says_that_its_admin_got_no_email_and_what_to_do(
    staff, mailoutbox, has_account, next_step
):
    if has_account:
        factories.user("petra@postbox.example")

    page = staff.post(reverse("admin:streams_partner_add"), NEW_PARTNER, follow=True)

    [said] = [str(one) for one in page.context["messages"] if "emailed" in str(one)]
    person = Partner.objects.get().members.get()
    assert mailoutbox == []
    assert next_step in said
    assert f'<a href="{page_url(person)}">petra@postbox.example</a>' in said
