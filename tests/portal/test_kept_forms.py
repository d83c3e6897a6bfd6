"""A form that could not be processed keeps its text on the page that says so."""

from __future__ import annotations

import html
import re

import pytest
from django.forms import PasswordInput
from django.test import Client
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from streams.audit.models import AuditEntry
from streams.tenancy.models import User
from streams.web.kept_forms import SECRETS

HERE = {"Sec-Fetch-Site": "same-origin"}
TEXT = '# Our <b>tool</b>\r\n\r\n"Quotes" & lines\r\n'


@pytest.fixture
def editor(cast) -> str:
    args = [cast.partner.slug, cast.stream.slug, "source"]
    return reverse("portal:partner-stream-docs-page", args=args)


def kept(page) -> dict[str, list[str]]:
    """Return the fields of the form on the page."""
    fields = MultiValueDict()
    for name, value in re.findall(r'name="([^"]+)"[^>]*? value="([^"]*)"', page.text):
        fields.appendlist(name, html.unescape(value))
    for name, value in re.findall(
        r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page.text, re.DOTALL
    ):
        fields.appendlist(name, html.unescape(value))
    return dict(fields.lists())


def test_a_form_submitted_without_a_session_is_kept(client, editor):
    sent = {"text": TEXT, "seen": "1.1", "form_token": "a" * 22}

    page = client.post(editor, sent, headers=HERE)

    assert page.status_code == 403
    fields = kept(page)
    fields.pop("csrfmiddlewaretoken", None)
    fields.pop("viewport", None)
    assert {name: fields[name] for name in sent} == {n: [v] for n, v in sent.items()}
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
    ids=str,
)
def test_a_form_from_another_site_is_not_kept(client, editor, headers):
    """Otherwise a stranger's text in a form of ours would only need a click."""
    page = client.post(editor, {"text": TEXT}, headers=headers)

    assert page.status_code in (302, 403)  # or a proxy hides our address
    assert "Quotes" not in page.text


def test_an_origin_header_alone_is_sufficient(client, editor):
    page = client.post(editor, {"text": TEXT}, headers={"Origin": "http://testserver"})

    assert kept(page)["text"] == [TEXT]


@pytest.mark.parametrize("referer", ["http://[", "http://[x]/"])
def test_a_form_whose_page_has_no_url_is_kept(client, editor, referer):
    page = client.post(editor, {"text": TEXT}, headers=HERE | {"Referer": referer})

    assert page.status_code == 403
    assert kept(page)["text"] == [TEXT]


def test_a_form_with_an_outdated_csrf_token_is_kept(cast, editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.dev)
    count = AuditEntry.objects.count()

    page = client.post(editor, {"text": TEXT, "seen": "1.1"}, headers=HERE)

    assert page.status_code == 403
    assert kept(page)["text"] == [TEXT]
    assert AuditEntry.objects.count() == count


def test_the_page_submits_the_form_after_sign_in(cast, editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.dev)
    seen = kept(client.get(editor))["seen"][0]
    client.logout()
    first = client.post(editor, {"text": TEXT, "seen": seen}, headers=HERE)
    client.force_login(cast.dev)

    fields = {n: v[-1] for n, v in kept(first).items() if n in ("text", "seen", "csrfmiddlewaretoken")}  # fmt: skip
    done = client.post(editor, fields, headers=HERE)

    assert done.url == editor
    assert (
        cast.stream.page_versions.get(number=1).text.splitlines() == TEXT.splitlines()
    )


def test_a_form_from_another_site_gets_the_plain_csrf_page(cast, editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.dev)

    page = client.post(editor, {"text": TEXT}, headers={"Sec-Fetch-Site": "cross-site"})

    assert page.status_code == 403
    assert "Quotes" not in page.text


def test_a_preview_without_a_session_leaves_the_page_unchanged(client, editor):
    page = client.post(
        f"{editor}preview/", {"text": TEXT}, headers=HERE | {"HX-Request": "true"}
    )

    assert (page.status_code, page.headers["HX-Trigger"]) == (204, "signed-out")


def test_hidden_fields_are_kept_but_not_shown(client, cast):
    url = reverse("portal:partner-workspace-new", args=[cast.partner.slug])

    page = client.post(url, {"name": "Fern", "stream": "7"}, headers=HERE)

    assert (kept(page)["name"], kept(page)["stream"]) == (["Fern"], ["7"])
    assert '<input type="hidden" name="stream" value="7">' in page.text


def test_a_form_of_the_admin_is_kept_too(client, admin_user):
    url = reverse("admin:streams_user_add")
    sent = {"email": "new@portal.example", "name": "New", "_save": "Save"}

    page = client.post(url, sent, headers=HERE)

    assert page.status_code == 403
    assert 'target="_blank">Open sign-in page</a>' in page.text
    assert '<input type="hidden" name="_save" value="Save">' in page.text
    client.force_login(admin_user)
    fields = kept(page)
    client.post(url, {name: fields[name] for name in sent}, headers=HERE)
    assert User.objects.get(email="new@portal.example").name == "New"


def labels(page) -> dict[str, str]:
    """The labels of the fields that the page shows, by the name of the field."""
    found = re.findall(
        r'<label for="(kept-\d+)">(.*?)</label>.*?name="([^"]+)" id="\1"',
        page.text,
        re.DOTALL,
    )
    return {name: html.unescape(label) for _, label, name in found}


def test_rows_of_the_admin_are_shown_as_people_know_them(client, cast):
    workspace, member = cast.workspace, cast.workspace.memberships.first()
    url = reverse("admin:streams_workspace_change", args=[workspace.pk])
    row = {"id": member.pk, "workspace": workspace.pk, "user": member.user_id}
    sent = {
        "name": "Fern",
        "memberships-TOTAL_FORMS": "2",
        "memberships-INITIAL_FORMS": "1",
        **{f"memberships-0-{name}": str(value) for name, value in row.items()},
        "memberships-0-role": "editor",
        "memberships-0-DELETE": "on",
        "memberships-1-role": "viewer",
        "memberships-__prefix__-role": "",
    }

    page = client.post(url, sent, headers=HERE)

    assert labels(page) == {
        "name": "Name",
        "memberships-0-role": "Member 1: Role",
        "memberships-0-DELETE": "Member 1: Delete",
        "memberships-1-role": "Member 2: Role",
    }
    fields = kept(page)
    assert {name: fields[name] for name in sent} == {n: [v] for n, v in sent.items()}


def test_rows_of_an_event_are_shown_as_people_know_them(client, cast):
    args = [cast.partner.slug, cast.stream.slug]
    url = reverse("portal:partner-stream-plan-event-new", args=args)
    sent = {
        "properties-count": "1",
        "properties-0-path": "email_id",
        "context-0-path": "ip",
    }

    page = client.post(url, sent, headers=HERE)

    assert labels(page) == {
        "properties-0-path": "Property 1: Name",
        "context-0-path": "Context property 1: Name",
    }


def test_a_large_form_is_kept(client, cast):
    url = reverse(
        "portal:partner-stream-plan-event-new",
        args=[cast.partner.slug, cast.stream.slug],
    )
    sent = {f"properties-{n}-path": f"path.{n}" for n in range(600)}
    sent |= {"when": "long " * 30_000}

    page = client.post(url, sent, headers=HERE)

    fields = kept(page)
    assert {name: fields[name] for name in sent} == {n: [v] for n, v in sent.items()}


def test_a_write_key_must_be_entered_again(client, cast):
    url = reverse("portal:connection", args=[cast.workspace.public_id])
    sent = {"write_key": "SandboxTestWriteKey0000000000001", "region": "sandbox"}

    page = client.post(url, sent, headers=HERE)

    assert sent["write_key"] not in page.text
    assert "Enter it again. Secrets are never kept." in page.text
    assert kept(page)["region"] == ["sandbox"]


def test_every_field_that_hides_its_value_is_a_secret():
    from django import forms

    from streams.portal.people import forms as people
    from streams.portal.shared import form_choices as portal_forms

    def below(kind):
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    hidden = {
        name
        for form in below(forms.BaseForm)
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field.widget, PasswordInput)
    }

    assert {"write_key", "password"} <= hidden <= SECRETS.keys()
    assert portal_forms
    assert people


def test_after_sign_in_the_user_returns_to_the_page_of_the_form(client, cast):
    """Some addresses accept only POST."""
    args = [cast.partner.slug, cast.stream.slug]
    page = reverse("portal:partner-stream-launch", args=args)

    response = client.post(
        reverse("portal:partner-stream-launch-request", args=args),
        {"note": "Please"},
        headers=HERE | {"Referer": f"http://testserver{page}"},
    )

    assert f'href="/accounts/login/?next={page.replace("/", "%2F")}"' in response.text
