from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.catalog import review
from streams.admin.catalog.stream_form import StreamForm
from streams.admin.delivery.badges import badge
from streams.admin.shared.base import (
    LIST_AND_FORM,
    ReadOnlyAdmin,
    ServiceAdmin,
    staff_of,
    time_column,
)
from streams.admin.shared.links import link_column, linked, list_link
from streams.catalog.models import Stream
from streams.catalog.plans.models import PlanVersion
from streams.catalog.services import change_stream, create_stream
from streams.catalog.setting_conflicts import SettingsConflict
from streams.connections.models import Connection
from streams.delivery.limits.models import Halt
from streams.delivery.models import Delivery, Rejection
from streams.events.models import Feed
from streams.observability.feed_state.states import FeedState
from streams.review.launch import awaits_operator
from streams.tenancy.models import PartnerToken
from streams.tenancy.services import AlreadyRevoked, SlugTaken, revoke_token
from streams.web.recent_sign_in import confirm, must_confirm

if TYPE_CHECKING:
    from collections.abc import Sequence


class AwaitingOperatorFilter(admin.SimpleListFilter):
    title, parameter_name = _("review"), "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        return [("yes", gettext("Awaiting review"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(awaits_operator()) if self.value() else queryset


@admin.register(Stream)
class StreamAdmin(ServiceAdmin):
    activity_scope = ("stream", "slug")
    refusals = (SlugTaken, SettingsConflict)
    list_display = (
        "name",
        "slug",
        "version",
        "partner",
        "stage",
        "to_review",
        "created",
    )
    list_filter = (AwaitingOperatorFilter, "stage", "partner")
    list_select_related = ("partner",)
    search_fields = ("name", "slug", "partner__name")
    partner_link = link_column("partner", _("partner"))
    fields = (
        "partner_link", "name", "slug", "version", "allow_anonymous", "create_workspaces",
        "requests_per_second", "retention_days", "stage", "to_review",
        "plan_versions", "links", "created",
    )  # fmt: skip
    created = time_column("created_at", _("created"))
    autocomplete_fields = ("partner",)
    ordering = ("name",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Any:
        # The partner of a stream never changes, and its feeds refer to it by its slug.
        # Only a logged review decision changes its stage.
        shown = (
            "stage", "to_review", "plan_versions", "links", "created", "halts",
            "halts_to_lift", "stop",
        )  # fmt: skip
        return ("partner_link", "slug", *shown) if obj else shown

    def get_urls(self) -> list[URLPattern]:
        shown, known = self.admin_site.admin_view, {"site": self.admin_site}
        route = "<int:stream_id>/review/"
        return [
            path(route, shown(review.review), known, name="streams_stream_review"),
            path(
                f"{route}<slug:name>/",
                shown(review.decide),
                known,
                name="streams_stream_decide",
            ),
            *super().get_urls(),
        ]

    @admin.display(description=_("review"))
    def to_review(self, stream: Stream) -> str:
        url = reverse("admin:streams_stream_review", args=[stream.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("Review page"))

    @admin.display(description=_("tracking plan"))
    def plan_versions(self, stream: Stream) -> str:
        return list_link(PlanVersion, _("Versions"), stream__id__exact=stream.pk)

    @admin.display(description=_("related"))
    def links(self, stream: Stream) -> str:
        return linked(
            list_link(Feed, _("Feeds and their events"), stream__id__exact=stream.pk),
            list_link(Connection, _("Connections"), stream=stream.slug),
            list_link(Delivery, _("Delivery attempts"), stream=stream.slug),
            list_link(Rejection, _("Rejected events"), stream=stream.slug),
        )

    @admin.display(description=_("delivery"))
    def stop(self, stream: Stream) -> str:
        url = reverse("admin:streams_halt_add", query={"stream": stream.pk})
        return format_html('<a href="{}">{}</a>', url, gettext("Halt delivery…"))

    @admin.display(description=_("halts"))
    def halts(self, stream: Stream) -> str:
        return _halts_of(stream, can_lift=False)

    @admin.display(description=_("halts"))
    def halts_to_lift(self, stream: Stream) -> str:
        return _halts_of(stream, can_lift=True)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return (
                "partner",
                *self.fields[1:-5],
            )  # a new stream has no review, plan or events yet
        can_lift = request.user.has_perm("streams.delete_halt")
        halts = "halts_to_lift" if can_lift else "halts"
        stops = ("stop",) if request.user.has_perm("streams.add_halt") else ()
        seen = ("seen",) if self.has_change_permission(request, obj) else ()
        return (*self.fields, halts, *stops, *seen)

    def get_form(
        self,
        request: HttpRequest,
        obj: Model | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 - the admin calls it so
        **kwargs: Any,
    ) -> Any:
        if obj is not None:
            kwargs["form"] = StreamForm
        return super().get_form(request, obj, change, **kwargs)

    def create(self, request: HttpRequest, form: Any) -> Stream:
        return create_stream(actor=staff_of(request), **form.cleaned_data)

    def change(self, request: HttpRequest, row: Any, form: Any) -> None:
        change_stream(stream=row, actor=staff_of(request), **form.cleaned_data)

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Any:
        return {} if obj else {"slug": ("name",)}


def _halts_of(stream: Stream, *, can_lift: bool) -> str:
    """Return the halts that stop delivery of the stream, with their reasons."""
    found = Halt.objects.filter(Q(stream=None) | Q(stream=stream)).order_by("pk")
    halted = badge(FeedState.HALTED.word, "warn")
    rows = [
        (halted, str(halt), halt.reason, _lift(halt, can_lift=can_lift))
        for halt in found.select_related("stream")
    ]
    return format_html_join("", "<p>{} {}: {} {}</p>", rows) or gettext("No halts.")


def _lift(halt: Halt, *, can_lift: bool) -> str:
    url = reverse("admin:streams_halt_lift", query={"halt": [halt.pk]})
    return (
        format_html('<a href="{}">{}</a>', url, gettext("Lift halt…"))
        if can_lift
        else ""
    )


@admin.register(PartnerToken)
class PartnerTokenAdmin(ReadOnlyAdmin):
    """API tokens. They are created in the portal, which shows their secret only once."""

    when_empty = _("Admins of a partner create API tokens in the portal.")
    activity_scope = ("partner", "partner.slug")
    list_display = (
        "name", "token", "partner", "stream", "created", "last_used", "expires",
        "revoked",
    )  # fmt: skip
    list_filter = ("partner",)
    list_select_related = ("partner", "stream")
    search_fields = ("hint__startswith", "name", "partner__name")
    ordering = ("-pk",)
    fields = (
        "name", "token", "partner_link", "stream_link", "created_by_link", "created", "last_used",
        "expires", "revoked",
    )  # fmt: skip
    created = time_column("created_at", _("created"))
    last_used = time_column("last_used_at", _("last used"))
    expires = time_column("expires_at", _("expires"))
    revoked = time_column("revoked_at", _("revoked"))
    readonly_fields = fields
    partner_link = link_column("partner", _("partner"))
    stream_link = link_column("stream", _("stream"))
    created_by_link = link_column("created_by", _("created by"))
    actions = ("revoke",)

    @admin.display(description=_("token"))
    def token(self, token: PartnerToken) -> str:
        return f"{token.hint}…"

    def works_for(self, action: str, rows: Sequence[PartnerToken]) -> bool:
        return any(token.revoked_at is None for token in rows)

    @admin.action(
        description=_("Revoke API token"),
        description_plural=_("Revoke API tokens"),
        permissions=["operate"],
        location=LIST_AND_FORM,
    )
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        if must_confirm(request):
            return confirm(request)
        for token in queryset.select_related("partner"):
            try:
                revoke_token(token=token, actor=staff_of(request))
            except AlreadyRevoked as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
            else:
                text = gettext("Revoked API token %(token)s.") % {"token": token}
                self.message_user(request, text, messages.SUCCESS)
        return None
