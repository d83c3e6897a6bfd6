"""The lists that can be exported, and the filters that a query has for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.exports import attempt_rows, event_rows
from streams.exports.models import Export
from streams.portal.attempts.forms import AttemptFilterForm
from streams.portal.workspace.forms import EventFilterForm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.connections.models import Connection
    from streams.portal.shared.access import WorkspaceAccess
    from streams.portal.shared.filter_forms import FilterForm

LIST = "list"  # the parameter with the kind
HINTS: Mapping[Export.Kind, Mapping[str, StrOrPromise]] = {
    Export.Kind.EVENTS: {
        Export.Format.JSON_LINES: _(
            "One event per line, for scripts and data warehouses."
        ),
        Export.Format.JSON: _("One array with all events."),
        Export.Format.CSV: _(
            "For spreadsheets. The payload is one column of JSON. Its campaign has its own columns."
        ),
    },
    Export.Kind.ATTEMPTS: {
        Export.Format.JSON_LINES: _(
            "One attempt per line, for scripts and data warehouses."
        ),
        Export.Format.JSON: _("One array with all attempts."),
        Export.Format.CSV: _("For spreadsheets."),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedList:
    """A list with its filters, and where it is."""

    kind: Export.Kind
    filters: FilterForm
    wanted: Mapping[str, object]  # the filter as an export stores it
    url: str  # of the list, with the filters

    @property
    def hints(self) -> Mapping[str, StrOrPromise]:
        """A sentence about each format."""
        return HINTS[self.kind]


def list_of(query: QueryDict, access: WorkspaceAccess) -> ExportedList:
    """Return the list that a query names, events by default.

    Raises Http404 for a connection that the feed doesn't have.
    """
    if query.get(LIST) != Export.Kind.ATTEMPTS:
        events = EventFilterForm(query)
        return _events(access, events, event_rows.stored_filter(events.search(now())))
    attempts = AttemptFilterForm(query)
    connection = _connection(query, access)
    wanted = attempt_rows.stored_filter(connection, attempts.filters(now()))
    return _attempts(access, attempts, wanted, connection)


def filters_of(export: Export) -> EventFilterForm | AttemptFilterForm:
    """Return the filters that an export was requested with; a preset is a start."""
    query = QueryDict(mutable=True)
    query.update({name: str(value) for name, value in export.filter.items()})
    if export.kind == Export.Kind.PERSON:  # known by digests only
        return EventFilterForm(QueryDict())
    if export.kind == Export.Kind.EVENTS:
        return EventFilterForm(query)
    return AttemptFilterForm(query)


def list_of_export(export: Export, access: WorkspaceAccess) -> ExportedList:
    """Return the list that an export has the rows of."""
    form = filters_of(export)
    if export.kind == Export.Kind.PERSON:
        url = _path(access, "privacy")
        kind = Export.Kind.PERSON
        return ExportedList(kind=kind, filters=form, wanted=export.filter, url=url)
    if isinstance(form, EventFilterForm):
        return _events(access, form, export.filter)
    connections = access.the_feed.connections
    connection = connections.filter(pk=export.filter[attempt_rows.CONNECTION]).first()
    return _attempts(access, form, export.filter, connection)


def _events(
    access: WorkspaceAccess, form: EventFilterForm, wanted: Mapping[str, object]
) -> ExportedList:
    return ExportedList(
        kind=Export.Kind.EVENTS,
        filters=form,
        wanted=wanted,
        url=_path(access, "events") + form.query(**access.query),
    )


def _attempts(
    access: WorkspaceAccess,
    form: AttemptFilterForm,
    wanted: Mapping[str, object],
    connection: Connection | None,
) -> ExportedList:
    """The list of a connection's attempts; None: the connection was deleted since."""
    own = connection and connection.public_id
    return ExportedList(
        kind=Export.Kind.ATTEMPTS,
        filters=form,
        wanted=wanted,
        url=_path(access, "attempts") + form.query(**access.query, connection=own),
    )


def _path(access: WorkspaceAccess, page: str) -> str:
    return reverse(f"portal:{page}", args=[access.workspace.public_id])


def _connection(query: QueryDict, access: WorkspaceAccess) -> Connection:
    """Return the connection whose attempts are listed, by default the newest."""
    newest_first = access.the_feed.connections.order_by("-pk")
    if "connection" in query:
        return get_object_or_404(newest_first, public_id=query["connection"])
    return get_object_or_404(newest_first[:1])
