from __future__ import annotations

import pytest

from streams.audit.models import AuditEntry
from streams.catalog.models import Stream
from streams.catalog.plans import creation
from streams.catalog.plans.authoring.templates import template
from streams.catalog.plans.creation import TooManyStreams, start_stream
from streams.catalog.plans.services import drafted_plan, published_plan
from streams.tenancy.services import SlugTaken
from tests import factories

pytestmark = pytest.mark.django_db


def start(partner, template_id=None, slug="postbox-sms"):
    chosen = template(template_id) if template_id else None
    return start_stream(
        partner=partner, name="Postbox SMS", slug=slug, template=chosen, actor=None
    )


def test_a_stream_starts_as_a_draft_with_the_templates_plan():
    stream = start(factories.partner(), "sms-push")

    assert stream.stage == "draft"
    assert drafted_plan(stream) == template("sms-push").plan
    assert published_plan(stream) is None
    assert [*AuditEntry.objects.order_by("pk").values_list("action", flat=True)] == [
        "stream.created",
        "plan.drafted",
    ]


def test_an_empty_plan_has_no_draft():
    assert not start(factories.partner()).plan_versions.exists()


def test_a_slug_in_use_creates_nothing():
    taken = factories.stream(slug="postbox-sms")

    with pytest.raises(SlugTaken):
        start(factories.partner(), "sms-push")

    assert [*Stream.objects.all()] == [taken]


def test_the_number_of_a_partners_streams_is_limited(monkeypatch):
    monkeypatch.setattr(creation, "MAX_STREAMS", 2)
    partner = factories.partner()
    factories.stream()  # another partner's
    start(partner, slug="one")
    start(partner, slug="two")

    with pytest.raises(TooManyStreams):
        start(partner, slug="three")
