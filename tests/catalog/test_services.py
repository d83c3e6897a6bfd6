from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from streams.audit.models import AuditEntry
from streams.catalog.models import Stream
from streams.catalog.services import (
    choose_spec_exceptions,
    create_partner_with_stream,
    create_stream,
)
from streams.spec.spec_exceptions import READINGS
from streams.tenancy.models import Partner
from streams.tenancy.services import SlugTaken
from tests import factories

pytestmark = pytest.mark.django_db


def postbox(**changes):
    fields = {
        "name": "Postbox",
        "slug": "postbox",
        "stream_name": "Postbox Mail",
        "stream_slug": "postbox-mail",
        "admin": None,
        "actor": None,
    }
    return create_partner_with_stream(**{**fields, **changes})


def test_a_partner_has_a_stream_and_an_admin():
    petra, olga = factories.user("petra@postbox.example"), factories.staff()

    partner = postbox(admin=petra, actor=olga)

    stream = Stream.objects.get(partner=partner)
    assert (stream.name, stream.slug, stream.version) == (
        "Postbox Mail",
        "postbox-mail",
        "1.0.0",
    )
    membership = partner.memberships.get()
    assert (membership.user, membership.role) == (petra, "admin")
    entries = AuditEntry.objects.filter(partner=partner, actor=olga).order_by("pk")
    assert [entry.action for entry in entries] == [
        "partner.created",
        "stream.created",
        "member.joined",
    ]


def test_a_partner_may_wait_for_its_admin():
    assert not postbox().memberships.exists()


@pytest.mark.parametrize(
    "taken", [{"slug": "postbox"}, {"stream_slug": "postbox-mail"}]
)
def test_a_slug_is_given_once_and_nothing_half_is_left(taken):
    postbox()
    others = {"slug": "other", "stream_slug": "other-mail"}

    with pytest.raises(SlugTaken):
        postbox(**{**others, **taken})

    assert Partner.objects.count() == Stream.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"slug": "not a slug"}, {"stream_slug": ""}, {"name": "x" * 101}, {"name": ""}],
)
def test_a_field_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        postbox(**wrong)

    assert not Partner.objects.exists()


def test_a_partner_may_have_another_stream():
    partner = postbox()

    create_stream(partner=partner, name="Postbox SMS", slug="postbox-sms", actor=None)

    assert partner.streams.count() == 2


def test_chosen_spec_exceptions_are_recorded_once():
    stream = factories.stream()
    chosen = sorted(READINGS)[:2]

    for _ in range(2):
        accepted = [*reversed(chosen), "unknown"]
        choose_spec_exceptions(stream=stream, accepted=accepted, actor=None)

    assert Stream.objects.get().spec_readings == chosen
    [entry] = AuditEntry.objects.filter(action="stream.readings_chosen")
    assert entry.detail["readings"] == ", ".join(chosen)
