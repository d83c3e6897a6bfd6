"""Create a stream with an initial draft of its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from streams.catalog.plans.services import replace_draft
from streams.catalog.services import create_stream
from streams.tenancy.models import Partner

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.plans.authoring.templates import PlanTemplate
    from streams.tenancy.models import User

MAX_STREAMS = 20  # of one partner; most have one


class TooManyStreams(ValueError):
    """The partner has reached its limit of streams."""


@transaction.atomic
def start_stream(
    *,
    partner: Partner,
    name: str,
    slug: str,
    template: PlanTemplate | None,
    actor: User | None,
) -> Stream:
    """Create a stream whose plan is a draft of `template`, or empty.

    Raises SlugTaken, TooManyStreams, and Django's ValidationError.
    """
    # Locked, so that a concurrent creation is counted.
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if partner.streams.count() >= MAX_STREAMS:
        message = _("%(partner)s has reached the limit of %(most)d streams. Ask the operator of this portal for more.")  # fmt: skip
        raise TooManyStreams(message % {"partner": partner, "most": MAX_STREAMS})
    stream = create_stream(partner=partner, name=name, slug=slug, actor=actor)
    if template is not None:
        replace_draft(
            stream=stream,
            plan=template.plan,
            what=f"the template “{template.title}”",
            actor=actor,
        )
    return stream
