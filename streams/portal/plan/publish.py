"""Publish the draft of a plan, rename its events by the Spec, or discard it."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.base.clock import now
from streams.catalog.plans.diff import plan_difference
from streams.catalog.plans.plan import TrackingPlan
from streams.catalog.plans.publish_preview import (
    PublishPreview,
    new_recipients,
    publish_preview,
)
from streams.catalog.plans.services import (
    CannotPublish,
    InvalidPlan,
    NoSuchEvent,
    PlanConflict,
    discard_draft,
    publish,
    rename_event,
)
from streams.catalog.plans.spec_review import objections
from streams.events.recent_events import newest
from streams.portal.plan.forms import PublishForm, RenameForm, SeenForm
from streams.portal.plan.inference import sent_by_tool
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_develop,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within
from streams.portal.usage.added_people import EXAMPLE, example_cost

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.plans.models import PlanVersion

MAX_SHOWN = 50  # warnings and hints
PREVIEWED = 2_000  # events, which take well below a tenth of a second
DAY = timedelta(days=1)


@signed_in
def publishing(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show the changes and issues of the draft; a POST publishes it."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    form, refused = PublishForm(request.POST or None), ""
    if form.is_valid():
        try:
            version = publish(stream=stream, actor=request.user, **form.cleaned_data)
        except (CannotPublish, PlanConflict) as error:
            refused = str(error)
        else:
            messages.success(request, _published(access, stream, version))
            return redirect(within(access, "partner-stream-plan", stream_slug))
    return _publishing(request, access, stream, form, refused)


def _published(access: PartnerAccess, stream: Stream, version: PlanVersion) -> str:
    """Say what was published, with links to what is next."""
    text = _(
        "Plan version {number} was published. Next, run the"
        ' <a href="{qa}">QA test</a>, review the <a href="{docs}">docs</a>, and raise the'
        ' <a href="{settings}">stream version</a>.'
    )
    return format_html(
        text,
        number=version.number,
        qa=within(access, "partner-stream-qa", stream.slug),
        docs=within(access, "partner-stream-docs", stream.slug),
        settings=within(access, "partner-stream", stream.slug),
    )


def _publishing(
    request: PortalRequest,
    access: PartnerAccess,
    stream: Stream,
    form: PublishForm,
    refused: str,
) -> HttpResponse:
    draft = stream.plan_versions.draft().first()
    published = stream.plan_versions.published().first()
    spec_issues = objections(draft.plan, stream.spec_exceptions) if draft else []
    before = published.plan if published else TrackingPlan()
    forbidding = [issue for issue in spec_issues if issue.forbids]
    warnings = spec_issues[len(forbidding) :]
    changes = draft is not None and draft.plan != before
    context = {
        "access": access,
        "stream": stream,
        "draft": draft,
        "published": published,
        "difference": plan_difference(before, draft.plan) if draft else None,
        "changes": changes,
        "preview": _preview(stream, published, draft) if draft and changes else None,
        "forbidding": forbidding,
        "warnings": warnings[:MAX_SHOWN],
        "untriggered": [
            one.name or one.call for one in draft.plan.events if not one.when
        ]
        if draft
        else [],
        "more_warnings": max(0, len(warnings) - MAX_SHOWN),
        "recipients": new_recipients(before, draft.plan) if draft else [],
        "example_people": EXAMPLE,
        "example_cost": example_cost(),
        "form": form,
        "refused": refused,
    }
    return render(request, "portal/plan/publish.html", context)


def _preview(
    stream: Stream, published: PlanVersion | None, draft: PlanVersion
) -> PublishPreview:
    """Check the newest events of the last 24 hours by both plans."""
    sample = newest(stream.feeds.all(), now() - DAY)
    events = sent_by_tool(islice(sample.payloads(PREVIEWED), PREVIEWED))
    return publish_preview(published.plan if published else None, draft.plan, events)


@signed_in
@require_POST
def rename(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Rename an event of the draft to the Spec's name for it."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    form = RenameForm(request.POST)
    if form.is_valid():
        try:
            rename_event(stream=stream, actor=request.user, **form.cleaned_data)
        except InvalidPlan as error:
            message = _("The event was not renamed. %(reason)s")
            messages.error(request, message % {"reason": error})
        except NoSuchEvent as error:
            messages.error(request, str(error))
        else:
            message = _("The event was renamed to “%(name)s” in the draft.")
            messages.success(request, message % {"name": form.cleaned_data["to"]})
    else:  # not from our form
        messages.error(request, _("Use one of the buttons on this page."))
    return redirect(within(access, "partner-stream-plan-publish", stream_slug))


@signed_in
def discard(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Ask for confirmation; a POST discards the draft."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    form = SeenForm(request.POST or None)
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            discard_draft(stream=stream, seen=seen, actor=request.user)
        except PlanConflict as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The draft was discarded."))
            return redirect(within(access, "partner-stream-plan", stream_slug))
    draft = stream.plan_versions.draft().first()
    published = stream.plan_versions.published().first()
    before = published.plan if published else TrackingPlan()
    context = {
        "access": access,
        "stream": stream,
        "draft": draft,
        "published": published,
        "difference": plan_difference(before, draft.plan) if draft else None,
    }
    return render(request, "portal/plan/discard.html", context)
