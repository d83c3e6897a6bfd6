"""List, compare and restore the versions of a stream's plan."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from streams.catalog.plans.diff import plan_difference
from streams.catalog.plans.plan import TrackingPlan, mark
from streams.catalog.plans.services import (
    PlanConflict,
    drafted_plan,
    replace_draft,
)
from streams.portal.plan.forms import CompareForm, SeenForm
from streams.portal.plan.views import EventRow
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_develop,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within

PAGE_LENGTH = 50


@signed_in
def versions(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """List the versions, newest first, and compare `from` with `to` if given."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    # The content is large: it is loaded only for the two that are compared.
    listed = stream.plan_versions.order_by("-number").defer("content")
    form = CompareForm(list(listed), request.GET if "from" in request.GET else None)
    difference = None
    if form.is_valid():
        first, second = (
            get_object_or_404(stream.plan_versions, number=form.cleaned_data[end])
            for end in ("from", "to")
        )
        difference = plan_difference(first.plan, second.plan)
    published = listed.published().defer("content").select_related("published_by")
    context = {
        "access": access,
        "stream": stream,
        "form": form,
        "difference": difference,
        "page": Paginator(published, PAGE_LENGTH).get_page(request.GET.get("page")),
        "draft": stream.plan_versions.draft().defer("content").first(),
    }
    return render(request, "portal/plan/versions.html", context)


@signed_in
def version(
    request: PortalRequest, slug: str, stream_slug: str, number: int
) -> HttpResponse:
    """Show a version and its changes; a POST restores it as the draft."""
    restores = request.method == "POST"
    access = (partner_to_develop if restores else partner_to_see)(request, slug)
    stream = stream_of(access, stream_slug)
    all_ = stream.plan_versions.select_related("published_by")
    version = get_object_or_404(all_, number=number)
    plan, current = version.plan, drafted_plan(stream)
    form = SeenForm(request.POST or None)
    if form.is_valid():
        what, seen = f"version {number} restored", form.cleaned_data["seen"]
        try:
            replace_draft(stream=stream, plan=plan, what=what, actor=request.user, seen=seen)  # fmt: skip
        except PlanConflict as error:
            messages.error(request, str(error))
            return redirect(request.path)
        message = _("Plan version %(number)d was restored as the draft.")
        messages.success(request, message % {"number": number})
        return redirect(within(access, "partner-stream-plan", stream_slug))
    before = all_.filter(number__lt=number).order_by("-number").first()
    was = before.plan if before else TrackingPlan()
    context = {
        "access": access,
        "stream": stream,
        "version": version,
        "before": before,
        "difference": plan_difference(was, plan),
        "back": plan_difference(current, plan) if plan != current else None,
        "mark": mark(current),
        "draft": stream.plan_versions.draft().defer("content").first(),
        "events": [EventRow(event=event) for event in plan.events],
    }
    return render(request, "portal/plan/version.html", context)
