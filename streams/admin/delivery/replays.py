from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.base import (
    LIST_AND_FORM,
    ReadOnlyAdmin,
    UncountedList,
    staff_of,
    time_column,
    to_the_second,
    yes_column,
)
from streams.admin.shared.links import link
from streams.delivery.replay.models import Replay
from streams.delivery.replay.services import CannotCancel, cancel_replay

if TYPE_CHECKING:
    from collections.abc import Sequence


@admin.register(Replay)
class ReplayAdmin(ReadOnlyAdmin):
    """Replays. A running one can be canceled."""

    lead = _(
        "Editors and admins of a workspace start replays on its Replays page in the portal,"
        " and partners with the API. Operators can only cancel them."
    )
    activity_scope = ("workspace", "cursor.feed.workspace.public_id")
    list_display = (
        "public_id", "workspace", "what", "numbers", "state", "done", "delivered",
        "requested_by", "requested", "ended",
    )  # fmt: skip
    list_select_related = (
        "cursor__feed__workspace",
        "cursor__connection",
        "requested_by",
    )
    search_fields = (
        "public_id__exact",
        "cursor__connection__public_id__exact",
        "cursor__feed__workspace__external_id__exact",
    )
    search_help_text = _(
        "Enter a replay ID, a connection ID, or a workspace's external ID."
    )
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        "public_id", "workspace", "connection_link", "cursor_link", "what", "numbers",
        "received_since", "received_before", "has_new_ids", "state", "stopped_because", "done", "delivered", "rejected",
        "left_out", "expired", "requested_by", "requested", "ended",
    )  # fmt: skip
    readonly_fields = fields
    requested = time_column("requested_at", _("requested"))
    received_since = time_column("since", _("received since"))
    received_before = time_column("until", _("received before"))
    has_new_ids = yes_column("new_ids", _("Yes"), _("new messageIds"))
    actions = ("cancel",)

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        return UncountedList

    @admin.display(description=_("workspace"))
    def workspace(self, replay: Replay) -> str:
        return link(replay.cursor.feed, replay.cursor.feed.workspace)

    @admin.display(description=_("connection"))
    def connection_link(self, replay: Replay) -> str:
        connection = replay.cursor.connection
        return link(connection, connection.public_id)

    @admin.display(description=_("cursor"))
    def cursor_link(self, replay: Replay) -> str:
        return link(replay.cursor)

    @admin.display(description=_("filter"))
    def what(self, replay: Replay) -> str:
        return replay.filter.summary

    @admin.display(description=_("event numbers"))
    def numbers(self, replay: Replay) -> str:
        return f"{replay.cursor.start + 1}–{replay.cursor.end_seq}"

    @admin.display(description=_("state"))
    def state(self, replay: Replay) -> str:
        return str(replay.state.label)

    @admin.display(description=_("position"))
    def done(self, replay: Replay) -> int:
        return replay.cursor.position

    @admin.display(description=_("delivered"))
    def delivered(self, replay: Replay) -> int:
        return replay.cursor.delivered

    @admin.display(description=_("rejected"))
    def rejected(self, replay: Replay) -> int:
        return replay.cursor.rejected

    @admin.display(description=_("skipped"))
    def left_out(self, replay: Replay) -> int:
        return replay.cursor.filtered

    @admin.display(description=_("expired"))
    def expired(self, replay: Replay) -> int:
        return replay.cursor.expired

    @admin.display(description=_("ended"), ordering="cursor__ended_at")
    def ended(self, replay: Replay) -> str:
        return to_the_second(replay.cursor.ended_at)

    def works_for(self, action: str, rows: Sequence[Replay]) -> bool:
        return any(replay.cursor.ended_at is None for replay in rows)

    @admin.action(
        description=_("Cancel replay"),
        description_plural=_("Cancel replays"),
        permissions=["operate"],
        location=LIST_AND_FORM,
    )
    def cancel(self, request: HttpRequest, queryset: QuerySet) -> None:
        for replay in queryset:
            try:
                cancel_replay(replay=replay, actor=staff_of(request))
            except CannotCancel as refusal:
                words, level = f"{replay}: {refusal}", messages.WARNING
            else:
                words = gettext("Canceled replay %(replay)s.") % {"replay": replay}
                level = messages.SUCCESS
            self.message_user(request, words, level)
