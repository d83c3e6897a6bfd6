"""Every name that one person types and others read, in a list or an email."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from streams.catalog.services import create_partner_with_stream, create_stream
from streams.portal.docs.forms import ProfileForm
from streams.portal.launch.forms import LiveForm, SubmissionForm
from streams.portal.partner.forms import WorkspaceForm
from streams.portal.people.forms import InvitationForm, SignUpForm
from streams.portal.plan.forms import PublishForm
from streams.portal.stream.forms import StreamForm, TokenForm
from streams.portal.stream.template_forms import NewStreamForm
from streams.tenancy.services import (
    create_token,
    create_workspace,
)
from tests import factories

pytestmark = pytest.mark.django_db

EVIL = "Fern\u202e\x08Field"


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (lambda data: WorkspaceForm(factories.partner(), data), "name"),
        (lambda data: WorkspaceForm(factories.partner(), data), "external_id"),
        (lambda data: TokenForm(factories.partner(), data), "name"),
        (StreamForm, "name"),
        (NewStreamForm, "name"),
        (lambda data: SignUpForm("a@example.com", data), "name"),
        (lambda data: InvitationForm(factories.partner(), data), "email"),
        (PublishForm, "note"),
        (ProfileForm, "about"),
        (SubmissionForm, "notes"),
        (LiveForm, "note"),
    ],
)
def test_forms_refuse_hidden_characters(form, name):
    filled = form({name: EVIL if name != "email" else '"\x08"@example.com'})

    assert any("hidden" in error for error in filled.errors[name])


@pytest.mark.parametrize("name", ["\u200b", "\u3164 \u2800", "\ufe0f\u2060", "\u00ad"])
def test_an_invisible_name_is_refused(name):
    filled = WorkspaceForm(factories.partner(), {"name": name, "external_id": "1"})

    assert filled.errors["name"] == [
        "This text is invisible. Enter at least one letter or digit."
    ]


def test_services_refuse_them_from_any_caller():
    partner, stream = factories.partner(), factories.stream()
    calls = [
        lambda: create_workspace(
            partner=partner, external_id="1", name=EVIL, actor=None
        ),
        lambda: create_workspace(
            partner=partner, external_id=EVIL, name="1", actor=None
        ),
        lambda: create_stream(partner=partner, name=EVIL, slug="fine", actor=None),
        lambda: create_token(stream=stream, name=EVIL, actor=None),
        lambda: create_partner_with_stream(
            name=EVIL,
            slug="p",
            stream_name="s",
            stream_slug="s",
            admin=None,
            actor=None,
        ),
    ]

    for call in calls:
        with pytest.raises(ValidationError, match="hidden"):
            call()


@pytest.mark.parametrize("page", ["partner", "workspace", "user", "stream"])
def test_the_admin_refuses_them(client, page):
    client.force_login(factories.staff())
    row = getattr(factories, page)()
    url = reverse(f"admin:streams_{page}_change", args=[row.pk])
    form = {"name": EVIL, "email": "a@example.com", "slug": "slug", "weight": "1"}

    answer = client.post(url, form)

    assert "hidden" in str(answer.context["adminform"].form.errors["name"])
