"""A form that is submitted twice takes effect once, whatever submits it again."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.base import form_claims
from streams.base.clock import now
from streams.base.form_claims import FormClaim
from streams.tenancy.models import PartnerToken

BEFORE = "You already submitted this form. It was processed only once."


def token_in(page) -> str:
    return re.search(r'name="form_token" value="([^"]+)"', page.text)[1]


@pytest.fixture
def tokens(cast) -> str:
    return reverse("portal:partner-tokens", args=[cast.partner.slug])


def filled_in(client, url, cast, name="Staging") -> dict[str, str]:
    """Return the form of a new token, as it is submitted."""
    token = token_in(client.get(url))
    return {"name": name, "stream": str(cast.stream.pk), "form_token": token}


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_the_second_submit_of_a_form_leads_to_the_result_of_the_first(
    as_dev, cast, tokens
):
    form = filled_in(as_dev, tokens, cast)

    first = as_dev.post(tokens, form)
    second = as_dev.post(tokens, form, follow=True)

    assert first.status_code == 201
    assert said(second) == [BEFORE]
    assert [one.name for one in PartnerToken.objects.all()] == ["Staging"]


def test_a_form_that_was_changed_in_between_is_another_one(as_dev, cast, tokens):
    form = filled_in(as_dev, tokens, cast)

    as_dev.post(tokens, form)
    as_dev.post(tokens, form | {"name": "Production"})

    assert {one.name for one in PartnerToken.objects.all()} == {"Staging", "Production"}


def test_the_same_content_in_a_new_form_is_another_one(as_dev, cast, tokens):
    as_dev.post(tokens, filled_in(as_dev, tokens, cast))
    as_dev.post(tokens, filled_in(as_dev, tokens, cast))

    assert PartnerToken.objects.count() == 2


def test_a_form_with_an_error_can_be_submitted_again(as_dev, cast, tokens):
    form = filled_in(as_dev, tokens, cast, name="")

    pages = [as_dev.post(tokens, form) for _ in range(2)]

    assert [page.context["form"].errors["name"] for page in pages] == [
        ["This field is required."]
    ] * 2
    assert not FormClaim.objects.exists()


def test_the_form_of_one_person_is_not_that_of_another(client, cast, tokens):
    client.force_login(cast.dev)
    form = filled_in(client, tokens, cast)
    client.post(tokens, form)
    client.force_login(cast.petra)

    second = client.post(tokens, form)

    assert second.status_code == 201


def test_a_claim_contains_no_typed_text(as_dev, cast, tokens):
    form = filled_in(as_dev, tokens, cast)
    as_dev.post(tokens, form)

    [claim] = FormClaim.objects.all()

    assert re.fullmatch("[0-9a-f]{64}", claim.digest)
    assert claim.result == tokens


def test_the_admins_forms_are_claimed_too(client, cast):
    client.force_login(cast.olga)
    url = reverse("admin:streams_partner_add")
    form = {
        "name": "Survey Ltd",
        "slug": "survey",
        "stream_name": "Survey",
        "stream_slug": "survey",
        "admin_email": "sue@survey.example",
        "form_token": token_in(client.get(url)),
    }

    pages = [client.post(url, form) for _ in range(2)]

    assert [page.status_code for page in pages] == [302, 302]
    assert AuditEntry.objects.filter(action="partner.created").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_simultaneous_submits_one_creates_a_token_and_the_other_leads_to_it(
    settings,
):
    from tests import factories

    cast = factories.cast()
    url = reverse("portal:partner-tokens", args=[cast.partner.slug])
    clients = [Client(), Client()]
    clients[0].force_login(cast.dev)
    clients[1].cookies = clients[0].cookies
    form = filled_in(clients[0], url, cast)

    def send(client):
        try:
            return client.post(url, form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(send, clients))

    assert statuses == [201, 302]
    assert PartnerToken.objects.count() == 1


def test_while_the_first_is_processed_the_second_leads_back_to_the_form(
    as_dev, cast, monkeypatch
):
    """The address of the form itself may have no page."""
    monkeypatch.setattr("streams.web.duplicate_submits.WAIT_S", 0)
    page = reverse("portal:partner-stream-docs", args=[cast.partner.slug, cast.stream.slug])  # fmt: skip
    url = f"{page}logo/remove/"
    form = {"form_token": "a" * 22}
    here = {"Referer": f"http://testserver{page}"}
    as_dev.post(url, form, headers=here)
    FormClaim.objects.update(result="")  # it still runs

    second = as_dev.post(url, form, headers=here)

    assert second.status_code == 409
    assert f'href="{page}">Check the result</a>' in second.text


def test_an_address_that_only_receives_forms_is_no_dead_end(as_dev, cast):
    url = reverse("portal:partner-stream-docs", args=[cast.partner.slug, cast.stream.slug])  # fmt: skip

    page = as_dev.get(f"{url}logo/remove/")

    assert (page.status_code, page.headers["Allow"]) == (405, "POST")
    assert "This page can't be opened directly" in page.text


@pytest.mark.django_db
def test_a_claim_of_a_dead_process_expires_after_two_minutes():
    at = now()
    assert form_claims.claim("a", now=at).is_first
    assert not form_claims.claim("a", now=at + timedelta(minutes=1)).is_first

    late = [form_claims.claim("a", now=at + timedelta(minutes=3)) for _ in range(2)]

    assert [one.is_first for one in late] == [True, False]


@pytest.mark.django_db
def test_claims_are_deleted_after_a_week():
    form_claims.claim("old", now=now() - timedelta(days=8))
    form_claims.claim("new", now=now())

    assert form_claims.forget(now()) == 1
    assert FormClaim.objects.get().digest == "new"


def test_no_two_lists_of_parts_have_the_same_digest():
    assert form_claims.digest_of(["ab", "c"]) != form_claims.digest_of(["a", "bc"])
