"""An operator removes an empty workspace while people are about to join it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from streams.observability.empty_workspaces import remove_empty
from streams.tenancy.invitations import (
    make_invitation,
    token_of,
    withdraw_invitation,
)
from streams.tenancy.models import User, Workspace
from tests import factories
from tests.locks import in_thread, someone_waits
from tests.portal_processes import until

race = pytest.mark.django_db(transaction=True)


def post_during_removal(person: User, address: str, form: dict, workspace, before):
    """Send a form that waits until the workspace is gone; the page that follows."""

    def post():
        client = Client()
        client.force_login(person)
        return client.post(address, form, follow=True)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            before()
            removed = Workspace.objects.filter(pk=workspace.pk)
            assert remove_empty(removed, actor=None) == 1
            posting = in_thread(pool, post)
            until(someone_waits)
        return posting.result(30)


if connection.vendor == "postgresql":  # SQLite has no locks on rows

    @race
    def test_accepting_an_invitation_is_refused(settings):
        settings.SECURE_SSL_REDIRECT = False
        workspace, dana = factories.workspace(), factories.user()
        invitation = make_invitation(
            place=workspace, email=dana.email, role="admin", actor=None
        )
        address = reverse("portal:invitation", args=[token_of(invitation)])

        page = post_during_removal(
            dana, address, {}, workspace,
            before=lambda: withdraw_invitation(invitation=invitation, actor=dana),
        )  # fmt: skip

        assert page.status_code == 410
        assert "This invitation no longer exists. Ask for a new one." in page.text

    @race
    def test_sending_an_invitation_is_refused(settings, services):
        settings.SECURE_SSL_REDIRECT = False
        settings.REDIS_URL = services.new_redis_url()
        workspace = factories.workspace(name="Fern")
        dev = factories.partner_member(workspace.partner, "developer")
        args = [workspace.partner.slug, workspace.public_id]
        address = reverse("portal:partner-workspace-invite", args=args)
        form = {"email": "dana@example.com", "role": "admin"}

        page = post_during_removal(dev, address, form, workspace, before=lambda: None)

        assert page.status_code == 200
        assert "Fern was deleted in the meantime, because it was empty." in page.text

    @race
    def test_an_operator_cannot_add_a_member(settings):
        settings.SECURE_SSL_REDIRECT = False
        workspace, dana = factories.workspace(name="Fern"), factories.user()
        address = reverse("admin:streams_workspace_change", args=[workspace.pk])
        form = {
            "name": "Fern",
            "weight": 1,
            "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 0,
            "memberships-0-user": dana.pk,
            "memberships-0-role": "admin",
        }

        page = post_during_removal(
            factories.staff(), address, form, workspace, before=lambda: None
        )

        assert page.status_code == 200
        assert "Fern was deleted in the meantime, because it was empty." in page.text
