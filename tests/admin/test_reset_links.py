"""An operator emails a link to reset a password to a user, and never sees the link."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.audit.sentences import describe
from streams.base.outbox import BACKEND
from streams.sign_in.sign_in_limits import RESETS_TO_EMAIL
from tests import factories

pytestmark = pytest.mark.django_db


def page_of(user):
    return reverse("admin:streams_user_change", args=[user.pk])


def send_link(client, user):
    """Send a link; return the messages of the page that follows."""
    address = reverse("admin:streams_user_reset_link", args=[user.pk])
    response = client.post(address, follow=True)
    return [str(message) for message in response.context["messages"]]


def test_the_user_gets_a_link_that_works_and_the_log_says_so(staff, olga, mailoutbox):
    user = factories.user()

    said = send_link(staff, user)

    (mail,) = mailoutbox
    link = re.search(r"http://testserver(/\S+)", mail.body)[1]
    entry = AuditEntry.objects.latest("pk")
    assert said == [f"Emailed a reset link to {user.email}."]
    assert mail.to == [user.email]
    assert staff.get(link).status_code == 302  # to the form for a new password
    assert (entry.action, entry.actor) == ("user.reset_link_emailed", olga)
    assert (
        describe(entry.action, entry.detail)
        == f"Emailed {user.email} a link to reset their password"
    )
    assert link not in str(entry.detail)


def test_the_button_on_a_users_page_is_not_the_one_that_enter_presses(staff):
    user = factories.user()

    page = staff.get(page_of(user)).text

    assert 'form="email-reset-link">Email a reset link</button>' in page
    assert "/reset-link/" in page


def test_no_more_links_are_sent_than_a_user_can_request(staff, mailoutbox):
    user = factories.user()
    for _ in range(RESETS_TO_EMAIL.amount):
        send_link(staff, user)

    said = send_link(staff, user)

    assert said == [
        f"{user.email} already received 3 links within an hour. They still work."
    ]
    assert len(mailoutbox) == RESETS_TO_EMAIL.amount


def test_an_inactive_account_gets_no_link(staff, mailoutbox):
    user = factories.user(is_active=False)

    said = send_link(staff, user)

    assert said == ["This account is inactive, so no link was sent."]
    assert mailoutbox == []


def test_only_operators_who_can_change_the_user_send_links(client, olga, mailoutbox):
    helper = factories.user(is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="change_user"))
    client.force_login(helper)
    address = reverse("admin:streams_user_reset_link", args=[olga.pk])

    response = client.post(address)

    assert response.status_code == 403
    assert mailoutbox == []
    assert send_link(client, factories.user()) != []


def test_the_email_says_that_an_operator_sent_it(staff, mailoutbox):
    send_link(staff, factories.user())

    assert "An operator of the Partner Portal sent you this email" in mailoutbox[0].body
    assert "We received a request" not in mailoutbox[0].body


def test_the_email_of_a_user_who_forgot_the_password_names_no_operator(
    client, mailoutbox
):
    form = {"email": factories.user().email}

    client.post(reverse("account_reset_password"), form)

    assert "We received a request" in mailoutbox[0].body
    assert "operator" not in mailoutbox[0].body


def test_a_portal_that_keeps_emails_says_that_superusers_see_the_link(
    staff, settings, tmp_path
):
    user = factories.user()
    sent = staff.get(page_of(user)).text
    options = {"BACKEND": BACKEND, "OPTIONS": {"file_path": tmp_path}}
    settings.MAILERS = {"default": options}

    kept = staff.get(page_of(user)).text

    assert "Only the user sees it." in sent
    assert "Only the user sees it." not in kept
    assert "superusers see the link in the Outbox" in kept
    assert send_link(staff, user) == [
        (
            f"The email with the reset link for {user.email} is in the"
            ' <a href="/admin/outbox/">Outbox</a>. Forward the link.'
        )
    ]


def test_the_page_of_a_user_says_how_to_close_the_account(staff):
    page = staff.get(page_of(factories.user())).text

    assert "To close the account, clear this box." in page
