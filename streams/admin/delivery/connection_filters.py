"""Filters of the list of connections."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.row_ids import row_id
from streams.admin.shared.scope import StreamScope
from streams.connections.models import Connection
from streams.connections.write_keys import UNREADABLE
from streams.delivery.limits.models import Halt
from streams.delivery.limits.send_policy import halted_connections
from streams.observability.feed_state.query import in_states
from streams.observability.feed_state.states import TROUBLE, FeedState

IN_TROUBLE = "trouble"


class ConnectionStreamFilter(StreamScope):
    path = "feed__stream__slug"


class DeletedFilter(admin.SimpleListFilter):
    title, parameter_name = _("deleted"), "deleted"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        return [("no", gettext("No")), ("yes", gettext("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() == "no")


class StateFilter(admin.SimpleListFilter):
    """Connections by the status that the list shows; deleted ones have none."""

    title, parameter_name = _("status"), "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        never = {FeedState.UNCONNECTED, FeedState.NO_STREAM}
        with_connection = (one for one in FeedState if one not in never)
        return [
            (IN_TROUBLE, gettext("In trouble")),
            *((state.name.lower(), state.word) for state in with_connection),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if value is None:
            return queryset
        if value == IN_TROUBLE:
            return in_states(queryset, TROUBLE)
        named = [state for state in FeedState if state.name.lower() == value]
        return in_states(queryset, named)


class HaltFilter(admin.SimpleListFilter):
    """Connections in the scope of a halt, by the halt's ID."""

    title, parameter_name = _("halt"), "halt"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        halt = self._halt()
        return [(str(self.value()), str(halt))] if halt else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        halt = self._halt()
        if halt is None:
            return queryset.none()
        stopped = halted_connections(stream=halt.stream, region=halt.region)
        return queryset.filter(pk__in=stopped)

    def _halt(self) -> Halt | None:
        pk = row_id(self.value())
        return (
            Halt.objects.select_related("stream").filter(pk=pk).first() if pk else None
        )


class AwaitingOperatorFilter(admin.SimpleListFilter):
    """Connections with a key that can't be read, and those that an operator paused."""

    title, parameter_name = _("waiting for"), "waits"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> Iterable[tuple[str, str]]:
        # Its link is in the work queue. Among the filters, it would compete with the status.
        words = {
            "operator": gettext("The operator"),
            "resume": gettext("Resume after a pause by an operator"),
        }
        return [(name, word) for name, word in words.items() if name == self.value()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        if self.value() == "resume":
            paused = Connection.objects.paused_by_operator()
            return queryset.filter(pk__in=paused.values("pk"))
        return queryset.filter(
            deleted_at=None,
            status=Connection.Status.ACTIVE,
            status_reason=UNREADABLE,
        )
