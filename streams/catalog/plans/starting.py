"""A new stream, with a draft of its plan to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from streams.catalog.plans.services import replace_draft
from streams.tenancy.models import Partner
from streams.tenancy.services import create_stream

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.plans.templates import Template
    from streams.tenancy.models import User

MAX_STREAMS = 20  # of one partner; most have one


class TooManyStreams(ValueError):
    """The partner has as many streams as it may make."""


@transaction.atomic
def start_stream(
    *,
    partner: Partner,
    name: str,
    slug: str,
    template: Template | None,
    actor: User | None,
) -> Stream:
    """Make a stream whose plan is a draft of `template`, or empty.

    Raises SlugTaken, TooManyStreams, and Django's ValidationError.
    """
    # Who makes another one meanwhile waits, and is counted.
    Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
    if partner.streams.count() >= MAX_STREAMS:
        raise TooManyStreams(
            f"{partner} has {MAX_STREAMS} streams, which is as many as can be made here."
            " Ask the people who run this portal for more."
        )
    stream = create_stream(partner=partner, name=name, slug=slug, actor=actor)
    if template is not None:
        replace_draft(
            stream=stream,
            plan=template.plan,
            what=f"the template “{template.title}”",
            actor=actor,
        )
    return stream
