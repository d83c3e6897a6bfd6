from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.append_only import BEFORE, HistoryAdmin
from streams.admin.shared.base import staff_of, time_column
from streams.admin.shared.links import link_column
from streams.admin.shared.period import PeriodFilter
from streams.admin.shared.scope import WorkspaceFilter
from streams.audit.details import all_details
from streams.audit.kinds import choices as kind_choices
from streams.audit.kinds import kind_of, of_kind
from streams.audit.models import AuditEntry
from streams.audit.sentences import BY_ANYONE, SENTENCES, describe, outline
from streams.audit.services import record
from streams.base.clock import now
from streams.catalog.models import Stream
from streams.exports.activity_file import (
    CONTENT_TYPES,
    PAGE_ROWS,
    lines,
    row,
)
from streams.exports.models import Export
from streams.tenancy.models import Partner, User, Workspace

if TYPE_CHECKING:
    from streams.exports.formats import Row


class PartnerFilter(admin.SimpleListFilter):
    """Filter by partner. Lists all partners, without a scan of the activity log."""

    title, parameter_name = _("partner"), "partner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return list(Partner.objects.order_by("name").values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(partner__slug=self.value()) if self.value() else queryset


class StreamFilter(admin.SimpleListFilter):
    title, parameter_name = _("stream"), "stream"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        streams = Stream.objects.order_by("name")
        if partner := request.GET.get(PartnerFilter.parameter_name):
            streams = streams.filter(partner__slug=partner)
        return list(streams.values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(stream=self.value()) if self.value() else queryset


class KindFilter(admin.SimpleListFilter):
    """Filter by a kind of activity. There are too many activities for one list."""

    title, parameter_name = _("kind of activity"), "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [(kind, str(label)) for kind, label in kind_choices()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        kind = self.value()
        return queryset.filter(of_kind(kind)) if kind else queryset


class ActionFilter(admin.SimpleListFilter):
    """Filter by activity, once its kind is chosen."""

    title, parameter_name = _("activity"), "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        kind = request.GET.get(KindFilter.parameter_name)
        chosen = request.GET.get(self.parameter_name)
        shown = [
            action
            for action in SENTENCES
            if action == chosen or (kind and kind_of(action) == kind)
        ]
        return [(action, outline(action)) for action in shown]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(action=self.value()) if self.value() else queryset


MOST_NAMED = 5  # workspaces or partners of a name whose entries a search finds
LABELS = {
    Export.Format.CSV: _("Export CSV"),
    Export.Format.JSON_LINES: _("Export JSON Lines"),
}


class AtFilter(PeriodFilter):
    field = "at"


@admin.register(AuditEntry)
class AuditEntryAdmin(HistoryAdmin):
    when_empty = _("The portal records changes here as people make them.")
    change_list_template = "admin/activity_log.html"
    list_display = ("when", "what", "who", "origin", "place", "details")
    list_filter = (
        WorkspaceFilter, AtFilter, PartnerFilter, StreamFilter, KindFilter, ActionFilter,
    )  # fmt: skip
    list_select_related = ("actor", "workspace", "partner")
    search_fields = ("workspace__external_id",)
    search_help_text = _(
        "Enter the start of the name of a workspace or a partner, an external ID, the slug"
        " of a partner, or the full email of a person, who did it or whom it is about."
    )
    fields = (
        "when", "what", "action", "who", "address", "device", "member", "stream",
        "workspace_link", "partner_link", "details",
    )  # fmt: skip
    readonly_fields = fields
    workspace_link = link_column("workspace", _("workspace"))
    partner_link = link_column("partner", _("partner"))
    when = time_column("at", _("time"))

    def search_conditions(self, request: HttpRequest, search_term: str) -> list[Q]:
        if public_id := request.GET.get(WorkspaceFilter.parameter_name):
            named = Workspace.objects.filter(public_id=public_id)
            return [Q(workspace=pk) for pk in named.values_list("pk", flat=True)]
        if not search_term:
            return [Q()]
        workspaces = _either(Workspace.objects.all(), "external_id", search_term)
        partners = _either(Partner.objects.all(), "slug", search_term)
        email = search_term.strip().lower()
        actors = User.objects.filter(email=email)
        groups = Group.objects.filter(name=search_term)
        return [
            *(Q(workspace=pk) for pk in workspaces),
            *(Q(partner=pk) for pk in partners),
            *(Q(actor=pk) for pk in actors.values_list("pk", flat=True)),
            *(_about(email) if "@" in email else ()),
            *(_of_group(name) for name in groups.values_list("name", flat=True)),
        ]

    def get_urls(self) -> list[URLPattern]:
        shown = self.admin_site.admin_view(self.export)
        route = path("log.<form>", shown, name="streams_auditentry_export")
        return [route, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        query = request.GET.copy()
        query.pop(BEFORE, None)
        files = [
            (label, f"log.{form}?{query.urlencode()}") for form, label in LABELS.items()
        ]
        return super().changelist_view(
            request, {"files": files, **(extra_context or {})}
        )

    def export(self, request: HttpRequest, form: str) -> StreamingHttpResponse:
        """Download the entries that the query filters, and record who downloads them."""
        if form not in LABELS:
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_changelist_instance(request)
        conditions = self.search_conditions(request, found.query)
        matches = reduce(or_, conditions) if conditions else Q(pk=None)
        entries = found.queryset.filter(matches)
        filters = ", ".join(sorted(request.GET))[:200]
        actor = staff_of(request)
        record("activity.exported", actor=actor, format=form, filter=filters)
        response = StreamingHttpResponse(
            lines(_pages(entries), form), content_type=CONTENT_TYPES[form]
        )
        name = f"activity-{now():%Y-%m-%d-%H%M}.{form}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @admin.display(description=_("activity"))
    def what(self, entry: AuditEntry) -> str:
        return describe(entry.action, entry.detail)

    @admin.display(description=_("actor"))
    def who(self, entry: AuditEntry) -> str:
        return _person(entry)

    @admin.display(description=_("from"))
    def origin(self, entry: AuditEntry) -> str:
        return ", ".join(filter(None, [entry.address, entry.device]))

    @admin.display(description=_("object"))
    def place(self, entry: AuditEntry) -> str:
        """Return the workspace, the stream and the partner, as far as there are any."""
        places = (
            (gettext("Workspace: %(name)s"), entry.workspace),
            (gettext("Stream: %(name)s"), entry.stream),
            (gettext("Partner: %(name)s"), entry.partner),
        )
        return " · ".join(text % {"name": one} for text, one in places if one)

    @admin.display(description=_("details"))
    def details(self, entry: AuditEntry) -> str:
        """Return the details that no other column shows, in words."""
        detail = dict(entry.detail)
        if entry.actor and entry.actor.email == detail.get("member"):
            del detail["member"]  # is the actor
        return " · ".join(all_details(entry.action, detail))


def _either(rows: QuerySet[Any], key: str, text: str) -> list[int]:
    """Return the IDs of the rows with this key, and of MOST_NAMED whose name starts with it.

    Those with the whole name come first, then the newest.
    """
    by_key = rows.filter(**{key: text}).values_list("pk", flat=True)
    start = text.strip()
    if not start:
        return [*by_key]
    is_whole = Case(When(name__iexact=start, then=0), default=1)
    named = rows.filter(name__istartswith=start).order_by(is_whole, "-pk")
    return [*{*by_key, *named.values_list("pk", flat=True)[:MOST_NAMED]}]


def _about(email: str) -> list[Q]:
    """Return the conditions of the entries that are about a person."""
    named = Q(action__in=("user.created", "user.changed"), detail__row=email[:100])
    is_about = Q(member=email) & ~Q(member="")  # as in the conditions of two indexes
    return [
        is_about & Q(partner=None),
        is_about & Q(partner__isnull=False),
        Q(named, partner=None),
    ]


def _of_group(name: str) -> Q:
    actions = ("group.created", "group.changed")
    return Q(action__in=actions, partner=None, detail__row=name[:100])


def _person(entry: AuditEntry) -> str:
    if entry.action in BY_ANYONE:
        return gettext("Unknown")
    return str(entry.actor) if entry.actor else gettext("System")


def _pages(entries: QuerySet[AuditEntry]) -> Iterator[list[Row]]:
    newest = entries.select_related("actor", "workspace", "partner").order_by("-pk")
    below = newest
    while page := list(below[:PAGE_ROWS]):
        yield [row(one, person=_person(one), has_origin=True) for one in page]
        below = newest.filter(pk__lt=page[-1].pk)
