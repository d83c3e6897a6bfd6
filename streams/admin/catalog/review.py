"""The review page of a stream: the partner's submission and the operator's decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.admin.catalog.decisions import DECISIONS, ActionContext, Decision
from streams.admin.shared.base import staff_of
from streams.audit.details import reason
from streams.audit.models import AuditEntry
from streams.audit.sentences import describe
from streams.base.public_urls import addresses
from streams.catalog.models import Stream
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.stage import Stage
from streams.publishing.page_data import profile_of
from streams.publishing.pages import address_of
from streams.review import services
from streams.review.qa.services import checklist, last_run
from streams.review.requirements import preparation

if TYPE_CHECKING:
    from streams.catalog.pages.models import StreamProfile
    from streams.catalog.plans.models import PlanVersion


MOST_ENTRIES = 50
REFUSALS = (services.WrongStage, services.NotReady, services.ReasonRequired)


def review(request: HttpRequest, stream_id: int, site: AdminSite) -> HttpResponse:
    """Show what the partner submitted, and the decisions that are possible now."""
    may_decide = request.user.has_perm("streams.change_stream")
    if not (may_decide or request.user.has_perm("streams.view_stream")):
        raise PermissionDenied
    stream = _stream(stream_id)
    asked = stream.live_requests.undecided().select_related("asked_by").first()
    content = {
        "title": _("Review of %(stream)s") % {"stream": stream},
        **_about(stream),
        "asked": asked,
        "awaits_submission": stream.stage == Stage.DRAFT,
        "offered": [
            decision
            for decision in DECISIONS.values()
            if may_decide
            and decision.offered(
                Stage(stream.stage), is_launch_requested=asked is not None
            )
        ],
    }
    return _page(request, site, "admin/stream_review.html", stream, content)


def decide(
    request: HttpRequest, stream_id: int, name: str, site: AdminSite
) -> HttpResponse:
    """Say what a decision does and ask for confirmation. A POST confirms it."""
    if not request.user.has_perm("streams.change_stream"):
        raise PermissionDenied
    stream, decision = _stream(stream_id), DECISIONS.get(name)
    if decision is None:
        raise Http404
    text, refused = request.POST.get("text", "").strip(), ""
    if request.method == "POST":
        refused = _act(request, stream, decision, text)
        if not refused:
            return redirect("admin:streams_stream_review", stream_id)
    elif stream.stage not in decision.stages:
        messages.warning(request, _("The stage of the stream has changed."))
        return redirect("admin:streams_stream_review", stream_id)
    content = {
        "title": _("%(decision)s: %(stream)s")
        % {"decision": decision.button, "stream": stream},
        "decision": decision,
        "consequences": decision.consequences(stream),
        "max_text": services.MAX_TEXT,
        "refused": refused,
        "text": text,
    }
    response = _page(request, site, "admin/decision.html", stream, content)
    response.status_code = 409 if refused else 200
    return response


def _stream(stream_id: int) -> Stream:
    return get_object_or_404(Stream.objects.select_related("partner"), pk=stream_id)


def _tool_facts(profile: StreamProfile) -> list[tuple[str, str, bool]]:
    """Return the partner's facts about the tool, and whether each is an address of a page."""
    facts = {
        _("Description"): profile.about,
        _("Website"): profile.website,
        _("Support email"): profile.support_email,
        _("Help page"): profile.docs_url,
        _("Category"): profile.category,
    }
    return [
        (what, text, text.startswith(("https://", "http://")))
        for what, text in facts.items()
        if text
    ]


def _open_items(stream: Stream, *, needed: bool) -> list[str]:
    """Return the titles of the open items of the launch checklist."""
    tasks = preparation(stream)
    return [task.title for task in tasks if task.needed is needed and not task.done]


def _changed_since(stream: Stream, active: PlanVersion | None) -> PlanVersion | None:
    """Return the submitted plan version, if a newer one has been published since."""
    submitted = stream.submissions.undecided().select_related("plan_version").first()
    if submitted is None or submitted.plan_version == active:
        return None
    return submitted.plan_version


def _public_pages(stream: Stream) -> list[PageKind]:
    """Return the kinds of docs pages that are public."""
    if stream.stage == Stage.SUSPENDED:
        return []
    found = set(stream.page_versions.published().values_list("kind", flat=True))
    return [kind for kind in PageKind if kind in found]


def _act(request: HttpRequest, stream: Stream, decision: Decision, text: str) -> str:
    """Carry out the decision. Returns the reason for a refusal, or an empty string."""
    if len(text) > services.MAX_TEXT:
        return _too_long(len(text))
    by: ActionContext = {
        "actor": staff_of(request),
        "origin": addresses(request).portal,
    }
    try:
        decision.act(stream, text, by)
    except REFUSALS as refusal:
        return str(refusal)
    stream.refresh_from_db()
    done = _("The stage of %(stream)s is now “%(stage)s”.")
    named = {"stream": stream, "stage": stream.get_stage_display()}
    messages.success(request, done % named)
    return ""


def _too_long(length: int) -> str:
    text = ngettext(
        "The message has %(length)s characters. Shorten it to %(most)s character.",
        "The message has %(length)s characters. Shorten it to %(most)s characters.",
        services.MAX_TEXT,
    )
    return text % {"length": length, "most": services.MAX_TEXT}


def _page(
    request: HttpRequest,
    site: AdminSite,
    template: str,
    stream: Stream,
    content: dict[str, object],
) -> HttpResponse:
    page = {
        **site.each_context(request),
        "opts": Stream._meta,
        "stream": stream,
        **content,
    }
    return TemplateResponse(request, template, page)


def _about(stream: Stream) -> dict[str, object]:
    """Return what the page shows about the stream and its submissions."""
    people = ("submitted_by", "decided_by", "plan_version")
    active = stream.plan_versions.published().first()
    in_qa = stream.stage in (Stage.IN_QA, Stage.LIVE)
    return {
        "submissions": stream.submissions.newest_first().select_related(*people),
        "checklist": checklist(stream, last_run(stream)) if in_qa else None,
        "entries": _activity(stream),
        "pages": [
            (kind.label, address_of(kind, stream.slug))
            for kind in _public_pages(stream)
        ],
        "facts": _tool_facts(profile_of(stream)),
        "missing": _open_items(stream, needed=True),
        "left": _open_items(stream, needed=False),
        "plan_version": active,
        "changed_since": _changed_since(stream, active),
    }


def _activity(stream: Stream) -> list[tuple[AuditEntry, str, str]]:
    """Return the newest entries of the activity log, each as a sentence with its reason."""
    entries = AuditEntry.objects.of_stream(stream).select_related("actor")
    return [
        (
            entry,
            describe(entry.action, entry.detail),
            reason(entry.action, entry.detail),
        )
        for entry in entries.order_by("-pk")[:MOST_ENTRIES]
    ]
