"""The launch checklist of a stream: its stages, open items, and the next move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from streams.base.public_urls import addresses
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.stage import Stage
from streams.portal.launch.forms import LiveForm, SubmissionForm
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_administer,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.activity_rows import who
from streams.portal.shared.navigation_tags import within
from streams.portal.stream.activity_log import team_of
from streams.review import services
from streams.review.launch import LaunchProgress, launch_progress

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.review.launch import LaunchStep
    from streams.review.requirements import Task
    from streams.tenancy.models import User

ABOUT = {
    Stage.DRAFT: gettext_lazy(
        "You write the tracking plan and both docs pages, and submit them with your"
        " timeline."
    ),
    Stage.SUBMITTED: gettext_lazy(
        "The operator reviews your submission, and approves it or requests changes."
    ),
    Stage.APPROVED: gettext_lazy(
        "You build the stream. From this stage on, events go to your customers' own"
        " Segment sources."
    ),
    Stage.IN_QA: gettext_lazy(
        "You run the QA test until every check passes, and request the launch."
    ),
    Stage.LIVE: gettext_lazy("The stream is live, and its docs no longer say beta."),
}
PAGES = {
    "plan": "partner-stream-plan",
    "facts": "partner-stream-docs-facts",
    "logo": "partner-stream-docs",
    "workspaces": "partner-stream-qa",
    "qa": "partner-stream-qa",
    "pages": "partner-stream-docs",  # a QA check
}
REFUSALS = (services.WrongStage, services.NotReady, services.AlreadyRequested)


class ActionContext(TypedDict):
    """The actor, and the address of the portal for links in emails."""

    actor: User
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    task: Task
    address: str  # of the page on which to do it


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    step: LaunchStep
    about: str
    who: str  # the person who moved the stream to it


@signed_in
def checklist(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show the stages and the open items of the current one; a POST submits."""
    submits = request.method == "POST"
    access = (partner_to_administer if submits else partner_to_see)(request, slug)
    stream = stream_of(access, stream_slug)
    form = SubmissionForm.of(stream, request.POST or None)
    if submits and form.is_valid():
        try:
            timeline = services.Timeline(**form.cleaned_data)
            services.submit(stream=stream, timeline=timeline, **_by(request))
        except REFUSALS as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Submitted for review."))
            return redirect(within(access, "partner-stream-launch", stream_slug))
    return render(request, "portal/launch/checklist.html", _page(access, stream, form))


@signed_in
@require_POST
def start_qa(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Move an approved stream to QA."""
    access = partner_to_administer(request, slug)
    stream = stream_of(access, stream_slug)
    try:
        services.start_qa(stream=stream, actor=request.user)
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("QA started."))
    return redirect(within(access, "partner-stream-launch", stream_slug))


@signed_in
@require_POST
def request_launch(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Ask the operator to launch the stream."""
    access = partner_to_administer(request, slug)
    stream = stream_of(access, stream_slug)
    form = LiveForm(request.POST)
    if form.is_valid():
        try:
            note = form.cleaned_data["note"]
            services.request_launch(stream=stream, note=note, **_by(request))
        except REFUSALS as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Launch requested."))
            return redirect(within(access, "partner-stream-launch", stream_slug))
    context = _page(access, stream, SubmissionForm.of(stream), form)
    return render(request, "portal/launch/checklist.html", context)


def _by(request: PortalRequest) -> ActionContext:
    return {"actor": request.user, "origin": addresses(request).portal}


def _page(
    access: PartnerAccess,
    stream: Stream,
    form: SubmissionForm,
    live_form: LiveForm | None = None,
) -> dict[str, object]:
    progress = launch_progress(stream)
    live_form = live_form or LiveForm()
    live_form.fields["note"].required = not progress.is_ready
    return {
        "access": access,
        "stream": stream,
        "progress": progress,
        "steps": _steps(progress, access),
        "tasks": [
            TaskRow(task=task, address=_task_url(task, access, stream))
            for task in progress.tasks
            if progress.checklist is None or not task.done  # in QA, only open items
        ],
        "form": form,
        "live_form": live_form,
        "staff_mail": ", ".join(settings.REVIEW_EMAIL),
    }


def _steps(progress: LaunchProgress, access: PartnerAccess) -> list[StageRow]:
    team = team_of(access)
    return [
        StageRow(
            step=step,
            about=str(ABOUT[step.stage]),
            who=who(step.entry.actor, team) if step.entry else "",
        )
        for step in progress.steps
    ]


def _task_url(task: Task, access: PartnerAccess, stream: Stream) -> str:
    if task.name in list(PageKind):
        return within(access, "partner-stream-docs-page", stream.slug, task.name)
    if page := PAGES.get(task.name):
        return within(access, page, stream.slug)
    return f"{within(access, 'partner-stream-qa', stream.slug)}#{task.name}"
