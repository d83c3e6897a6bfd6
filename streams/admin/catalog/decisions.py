"""The decisions of operators about a stream: when each is offered, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from streams.catalog.stage import Stage
from streams.connections.models import Connection
from streams.connections.regions import SANDBOXES
from streams.review import services
from streams.review.models import Suspension
from streams.review.qa.services import checklist, last_run
from streams.tenancy.models import PartnerMembership

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.catalog.models import Stream
    from streams.tenancy.models import User


class ActionContext(TypedDict):
    """The operator who decides, and the portal's URL for links in emails."""

    actor: User
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision: its button, the stages that offer it, and the service that it calls."""

    name: str  # in the URL
    button: StrOrPromise
    tone: str  # of the button: default, plain or danger
    stages: frozenset[Stage]
    act: Callable[[Stream, str, ActionContext], object]
    effects: Callable[[Stream], list[str]]
    needs_message: bool = False
    has_message: bool = True

    def offered(self, stage: Stage, *, is_launch_requested: bool) -> bool:
        """Whether the decision is possible now."""
        if self.name == "not-yet" and not is_launch_requested:
            return False
        return stage in self.stages

    def consequences(self, stream: Stream) -> list[str]:
        """Say what happens, as sentences, the email to the partner included."""
        return [*self.effects(stream), _email(stream)]


def _approved(stream: Stream) -> list[str]:
    return [
        _("The portal may deliver events to customers' own sources."),
        _delivery(stream, starts=True),
        _("The partner can create test workspaces and start QA."),
    ]


def _sent_back(stream: Stream) -> list[str]:
    return [
        _("The stream is a draft again. The partner can change it and resubmit it.")
    ]


def _launched(stream: Stream) -> list[str]:
    qa = checklist(stream, last_run(stream))
    passed = ngettext(
        "%(passed)s of %(total)s QA check passed.",
        "%(passed)s of %(total)s QA checks passed.",
        len(qa.lines),
    )
    found = [passed % {"passed": qa.passed, "total": len(qa.lines)}]
    if not qa.complete:
        found.append(_("QA isn't complete, so your message must say why you launch."))
    return [*found, _("The docs of the stream no longer say that it is in beta.")]


def _declined(stream: Stream) -> list[str]:
    return [_("The stream stays in QA. The partner can request the launch again.")]


def _suspended(stream: Stream) -> list[str]:
    return [
        _delivery(stream, starts=False),
        _("Delivery continues to test workspaces and the sandbox."),
        _("The public docs pages of the stream are hidden."),
    ]


def _resumed(stream: Stream) -> list[str]:
    open_one = Suspension.objects.filter(stream=stream, resumed_at=None).first()
    stage = Stage(open_one.stage) if open_one else Stage.DRAFT
    text = _("The stream returns to the stage “%(stage)s”.") % {"stage": stage.label}
    return [text, _delivery(stream, starts=True)] if stage.delivers else [text]


def _delivery(stream: Stream, *, starts: bool) -> str:
    """Say to how many customers' own sources delivery starts or stops."""
    own = Connection.objects.current().exclude(region__in=SANDBOXES)
    count = own.filter(feed__stream=stream, feed__workspace__is_test=False).count()
    if count == 0:
        return _(
            "No customer is connected to Segment yet, so delivery does not change."
        )
    if starts:
        text = ngettext(
            "Delivery to %(count)s connection of customers starts at once.",
            "Delivery to %(count)s connections of customers starts at once.",
            count,
        )
    else:
        text = ngettext(
            "Delivery to %(count)s connection of customers stops at once. Its events stay"
            " queued.",
            "Delivery to %(count)s connections of customers stops at once. Their events"
            " stay queued.",
            count,
        )
    return text % {"count": f"{count:,}"}


def _email(stream: Stream) -> str:
    admins = PartnerMembership.objects.filter(
        partner=stream.partner,
        role=PartnerMembership.Role.ADMIN,
        user__is_active=True,
    ).count()
    text = ngettext(
        "%(count)s admin of %(partner)s receives an email.",
        "%(count)s admins of %(partner)s receive an email.",
        admins,
    )
    return text % {"count": f"{admins:,}", "partner": stream.partner}


DECISIONS = {
    one.name: one
    for one in (
        Decision(
            name="approve",
            button=gettext_lazy("Approve stream"),
            tone="default",
            stages=frozenset({Stage.SUBMITTED}),
            act=lambda s, text, by: services.approve(stream=s, comment=text, **by),
            effects=_approved,
        ),
        Decision(
            name="send-back",
            button=gettext_lazy("Request changes"),
            tone="plain",
            stages=frozenset({Stage.SUBMITTED}),
            act=lambda s, text, by: services.send_back(stream=s, comment=text, **by),
            effects=_sent_back,
            needs_message=True,
        ),
        Decision(
            name="go-live",
            button=gettext_lazy("Launch stream"),
            tone="default",
            stages=frozenset({Stage.IN_QA}),
            act=lambda s, text, by: services.go_live(stream=s, reason=text, **by),
            effects=_launched,
        ),
        Decision(
            name="not-yet",
            button=gettext_lazy("Decline launch"),
            tone="plain",
            stages=frozenset({Stage.IN_QA}),
            act=lambda s, text, by: services.decline_launch(
                stream=s, comment=text, **by
            ),
            effects=_declined,
            needs_message=True,
        ),
        Decision(
            name="resume",
            button=gettext_lazy("Resume stream"),
            tone="default",
            stages=frozenset({Stage.SUSPENDED}),
            act=lambda s, text, by: services.resume(stream=s, **by),
            effects=_resumed,
            has_message=False,
        ),
        Decision(
            name="suspend",
            button=gettext_lazy("Suspend stream"),
            tone="danger",
            stages=frozenset(Stage) - {Stage.SUSPENDED},
            act=lambda s, text, by: services.suspend(stream=s, reason=text, **by),
            effects=_suspended,
            needs_message=True,
        ),
    )
}
