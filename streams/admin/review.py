"""The review of a stream: what its partner submitted, and what staff decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, cast

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from streams.audit.models import AuditEntry
from streams.audit.words import why, words
from streams.base.addresses import addresses
from streams.catalog.models import Stream
from streams.catalog.pages.kinds import Kind
from streams.catalog.stage import Stage
from streams.publishing.facts import profile_of
from streams.publishing.pages import address_of
from streams.review import services
from streams.review.preparing import missing, preparation
from streams.review.qa.services import checklist, last_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.catalog.pages.models import StreamProfile
    from streams.catalog.plans.models import PlanVersion
    from streams.tenancy.models import User


class By(TypedDict):
    """Who decides, and where the portal is, for the mails."""

    actor: User
    origin: str


# By what the button sends: the stages in which it is offered, and what it does with
# what was written beside it.
DECISIONS: dict[str, tuple[frozenset[Stage], Callable[[Stream, str, By], object]]] = {
    "approve": (
        frozenset({Stage.SUBMITTED}),
        lambda s, text, by: services.approve(stream=s, comment=text, **by),
    ),
    "send-back": (
        frozenset({Stage.SUBMITTED}),
        lambda s, text, by: services.send_back(stream=s, comment=text, **by),
    ),
    "go-live": (
        frozenset({Stage.IN_QA}),
        lambda s, text, by: services.go_live(stream=s, reason=text, **by),
    ),
    "not-yet": (
        frozenset({Stage.IN_QA}),
        lambda s, text, by: services.answer_not_yet(stream=s, comment=text, **by),
    ),
    "suspend": (
        frozenset(Stage) - {Stage.SUSPENDED},
        lambda s, text, by: services.suspend(stream=s, reason=text, **by),
    ),
    "resume": (
        frozenset({Stage.SUSPENDED}),
        lambda s, _, by: services.resume(stream=s, **by),
    ),
}
MOST_ENTRIES = 50
REFUSALS = (services.WrongStage, services.NotReady, services.WithoutReason)


def review(request: HttpRequest, stream_id: int, site: AdminSite) -> HttpResponse:
    """Look, and decide: a POST's `decision` is one of DECISIONS, `text` its reason."""
    may_decide = request.user.has_perm("streams.change_stream")
    if not (may_decide or request.user.has_perm("streams.view_stream")):
        raise PermissionDenied
    stream = get_object_or_404(Stream.objects.select_related("partner"), pk=stream_id)
    refused = ""
    if request.method == "POST":
        if not may_decide:
            raise PermissionDenied
        refused = _decide(request, stream)
        if not refused:
            return redirect("admin:streams_stream_review", stream_id)
    return _page(request, stream, site, refused=refused, may_decide=may_decide)


def _told(profile: StreamProfile) -> list[tuple[str, str]]:
    """What the partner says of the tool, for its docs and Segment's catalog."""
    told = {
        "What it does": profile.about,
        "Website": profile.website,
        "Support": profile.support_email,
        "Own help page": profile.docs_url,
        "Category": profile.category,
    }
    return [(what, text) for what, text in told.items() if text]


def _changed_since(stream: Stream, in_force: PlanVersion | None) -> PlanVersion | None:
    """The version that waits for a decision, where another one is in force by now."""
    waits = stream.submissions.undecided().select_related("plan_version").first()
    if waits is None or waits.plan_version == in_force:
        return None
    return waits.plan_version


def _shown(stream: Stream) -> list[Kind]:
    """The docs pages that everybody can read."""
    if stream.stage == Stage.SUSPENDED:
        return []
    found = set(stream.page_versions.published().values_list("kind", flat=True))
    return [kind for kind in Kind if kind in found]


def _offered(stage: Stage, *, is_asked: bool) -> list[str]:
    found = [name for name, (stages, _) in DECISIONS.items() if stage in stages]
    return [name for name in found if is_asked or name != "not-yet"]


def _decide(request: HttpRequest, stream: Stream) -> str:
    """Do what was asked for. Returns why not; empty: it is done."""
    if request.POST.get("decision") not in DECISIONS:
        return "Choose one of the buttons."
    text = request.POST.get("text", "").strip()
    if len(text) > services.MAX_TEXT:
        return f"Say it in {services.MAX_TEXT} characters; these are {len(text)}."
    staff = cast("User", request.user)
    _, act = DECISIONS[request.POST["decision"]]
    try:
        act(stream, text, {"actor": staff, "origin": addresses(request).portal})
    except REFUSALS as refusal:
        return str(refusal)
    stream.refresh_from_db()
    messages.success(request, f"{stream} is now: {stream.get_stage_display()}.")
    return ""


def _page(
    request: HttpRequest,
    stream: Stream,
    site: AdminSite,
    *,
    refused: str,
    may_decide: bool,
) -> HttpResponse:
    stage = Stage(stream.stage)
    people = ("submitted_by", "decided_by", "plan_version")
    submissions = stream.submissions.newest_first().select_related(*people)
    entries = AuditEntry.objects.of_stream(stream).select_related("actor")
    in_force = stream.plan_versions.published().first()
    asked = stream.live_requests.undecided().select_related("asked_by").first()
    content = {
        **site.each_context(request),
        "title": f"Review of {stream}",
        "opts": Stream._meta,
        "stream": stream,
        "stage_said": stage.said,
        "submissions": submissions,
        "checklist": checklist(stream, last_run(stream))
        if stage in (Stage.IN_QA, Stage.LIVE)
        else None,
        "entries": [
            (entry, words(entry.action, entry.detail), why(entry.action, entry.detail))
            for entry in entries.order_by("-pk")[:MOST_ENTRIES]
        ],
        "asked": asked,
        "pages": [
            (kind.label, address_of(kind, stream.slug)) for kind in _shown(stream)
        ],
        "told": _told(profile_of(stream)),
        "missing": missing(stream),
        "left": [
            task.title
            for task in preparation(stream)
            if not task.needed and not task.done
        ],
        "plan_version": in_force,
        "changed_since": _changed_since(stream, in_force),
        "offered": _offered(stage, is_asked=asked is not None) if may_decide else [],
        "max_text": services.MAX_TEXT,
        "refused": refused,
        "text": request.POST.get("text", ""),
    }
    return TemplateResponse(
        request, "admin/stream_review.html", content, status=409 if refused else 200
    )
