from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from streams.alerts.webhooks.models import WebhookEndpoint
from streams.base.clock import now
from streams.connections.models import Connection
from streams.tenancy.invitation_model import Invitation
from streams.tenancy.models import PartnerMembership, PartnerToken
from tests import factories
from tests.second_factors import App

pytestmark = pytest.mark.django_db

LATER = timedelta(minutes=16)
HOST = "http://testserver"


@pytest.fixture
def later():
    """A quarter of an hour after the sign-in."""
    with time_machine.travel(now() + LATER):
        yield


def form_from(client, path: str, action: str, data: dict[str, str]):
    """Send a form of the page at `path`, as browsers do."""
    return client.post(action, data, headers={"Referer": HOST + path})


def confirm(client):
    return client.post(
        reverse("account_reauthenticate"), {"password": factories.PASSWORD}
    )


def test_a_write_key_changes_only_after_a_confirmation(as_alice, cast, later):
    factories.connection(cast.feed)
    page = reverse("portal:connection-change", args=[cast.workspace.public_id])

    asked = as_alice.get(page)
    confirm(as_alice)

    assert asked.url == reverse("account_reauthenticate", query={"next": page})
    assert as_alice.get(page).status_code == 200


def test_a_key_that_was_pasted_too_late_is_stored_nowhere(as_alice, cast, later):
    factories.connection(cast.feed)
    before = Connection.objects.values_list("key_ciphertext", flat=True).get()
    page = reverse("portal:connection-change", args=[cast.workspace.public_id])
    data = {"write_key": "AnotherWriteKey00000000000000001", "region": "us"}

    answer = form_from(as_alice, page, page, data)

    assert answer.url == reverse("account_reauthenticate", query={"next": page})
    assert Connection.objects.values_list("key_ciphertext", flat=True).get() == before
    assert data["write_key"] not in str(dict(as_alice.session))


def test_an_api_token_is_created_only_after_a_confirmation(as_petra, cast, later):
    page = reverse("portal:partner-tokens", args=[cast.partner.slug])
    data = {"name": "Server", "stream": str(cast.stream.pk)}

    shown = as_petra.get(page)
    refused = form_from(as_petra, page, page, data)
    again = as_petra.get(refused.url)
    confirm(as_petra)
    form_from(as_petra, page, page, data)

    assert shown.status_code == 200
    assert refused.url == reverse("account_reauthenticate", query={"next": page})
    assert "submit the form again." in again.text
    assert PartnerToken.objects.count() == 1


def test_a_role_changes_only_after_a_confirmation(as_petra, cast, later):
    sam = PartnerMembership.objects.get(user=cast.sam)
    page = reverse("portal:partner-members", args=[cast.partner.slug])
    action = reverse("portal:partner-member-role", args=[cast.partner.slug, sam.pk])

    form_from(as_petra, page, action, {"role": "admin"})
    sam.refresh_from_db()

    assert sam.role == "support"


@pytest.fixture(params=["members", "partner-members"])
def invitations(request, cast, client):
    """A page with the form for an invitation, open for a quarter of an hour."""
    of_partner = request.param.startswith("partner")
    client.force_login(cast.petra if of_partner else cast.anna)
    place = cast.partner.slug if of_partner else cast.workspace.public_id
    with time_machine.travel(now() + LATER):
        yield client, reverse(f"portal:{request.param}", args=[place])


def test_an_admin_is_invited_only_after_a_confirmation(invitations):
    client, page = invitations
    data = {"email": f"{uuid4()}@example.com", "role": "admin"}

    refused = form_from(client, page, page, data)
    before = Invitation.objects.count()
    confirm(client)
    form_from(client, page, page, data)

    assert refused.url == reverse("account_reauthenticate", query={"next": page})
    assert (before, Invitation.objects.count()) == (0, 1)


def test_people_with_other_roles_are_invited_without_a_confirmation(invitations):
    client, page = invitations
    role = "support" if page.startswith("/p/") else "viewer"

    data = {"email": f"{uuid4()}@example.com", "role": role}  # emails are limited
    form_from(client, page, page, data)

    assert Invitation.objects.get().role == role


@pytest.mark.parametrize(
    "name", ["partner-invite-several", "partner-workspace-invite", "partner-leave"]
)
def test_other_pages_that_may_make_admins_open_only_after_a_confirmation(
    as_petra, cast, later, name
):
    args = [cast.partner.slug]
    if name == "partner-workspace-invite":
        args.append(cast.workspace.public_id)
    page = reverse(f"portal:{name}", args=args)

    shown, sent = as_petra.get(page), form_from(as_petra, page, page, {})

    asked = reverse("account_reauthenticate", query={"next": page})
    assert (shown.url, sent.url) == (asked, asked)


WEBHOOK = {"kind": "webhook", "webhook_url": "https://hooks.example.com/alerts"}


def test_a_webhook_endpoint_is_added_only_after_a_confirmation(as_petra, cast, later):
    page = reverse("portal:partner-webhooks", args=[cast.partner.slug])

    refused = form_from(as_petra, page, page, WEBHOOK)
    before = WebhookEndpoint.objects.count()
    confirm(as_petra)
    form_from(as_petra, page, page, WEBHOOK)

    assert refused.url == reverse("account_reauthenticate", query={"next": page})
    assert (before, WebhookEndpoint.objects.count()) == (0, 1)


@pytest.mark.parametrize("name", ["webhook", "webhook-secret", "webhook-delete"])
def test_an_endpoint_changes_only_after_a_confirmation(as_petra, cast, later, name):
    endpoint, _ = factories.webhook_endpoint(cast.partner)
    args = [cast.partner.slug, endpoint.public_id]
    page = reverse("portal:partner-webhook", args=args)
    before = WebhookEndpoint.objects.values().get()

    action = reverse(f"portal:partner-{name}", args=args)
    form_from(as_petra, page, action, {**WEBHOOK, "description": "On call"})

    assert WebhookEndpoint.objects.values().get() == before


@pytest.mark.parametrize("name", ["sso", "sso-enforce", "sso-passwords", "sso-remove"])
def test_single_sign_on_changes_only_after_a_confirmation(as_petra, cast, later, name):
    page = reverse("portal:partner-sso", args=[cast.partner.slug])
    action = reverse(f"portal:partner-{name}", args=[cast.partner.slug])

    asked = form_from(as_petra, page, action, {})

    assert asked.url == reverse("account_reauthenticate", query={"next": page})


def test_a_member_is_removed_only_after_a_confirmation(as_petra, cast, later):
    sam = PartnerMembership.objects.get(user=cast.sam)
    page = reverse("portal:partner-member-remove", args=[cast.partner.slug, sam.pk])

    asked = as_petra.get(page)
    form_from(as_petra, page, page, {})

    assert asked.url == reverse("account_reauthenticate", query={"next": page})
    assert PartnerMembership.objects.filter(pk=sam.pk).exists()


def test_a_page_that_was_left_to_another_site_leads_home(as_petra, cast, later):
    sam = PartnerMembership.objects.get(user=cast.sam)
    action = reverse("portal:partner-member-role", args=[cast.partner.slug, sam.pk])

    answer = as_petra.post(action, headers={"Referer": "https://evil.example/x"})

    assert answer.url == reverse("account_reauthenticate", query={"next": "/"})


def test_a_user_with_a_second_factor_confirms_with_it(as_alice, cast, later):
    app = App(cast.alice)
    factories.connection(cast.feed)
    page = reverse("portal:connection-change", args=[cast.workspace.public_id])

    with_password = confirm(as_alice)
    asked = as_alice.get(page).status_code
    as_alice.post(reverse("mfa_reauthenticate"), {"code": app.code()})

    assert with_password.url == reverse("mfa_reauthenticate")
    assert (asked, as_alice.get(page).status_code) == (302, 200)
