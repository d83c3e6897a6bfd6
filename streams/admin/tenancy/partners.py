from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from streams.admin.shared.base import ServiceAdmin, staff_of, time_column
from streams.admin.shared.links import link, linked, list_link, may_view
from streams.admin.tenancy.memberships import PartnerMembershipInline, save_memberships
from streams.base.clock import now
from streams.base.text.validation import validate_one_line
from streams.catalog.models import Stream, not_reserved
from streams.catalog.services import create_partner_with_stream
from streams.connections.models import Connection
from streams.delivery.models import Delivery, Rejection
from streams.events.models import Feed
from streams.observability.requests.refusals import refused_of
from streams.sign_in.sso.domains import (
    DomainRefused,
    domains_of,
    read_domains,
    set_domains,
)
from streams.tenancy.models import Partner, PartnerToken, User, Workspace
from streams.tenancy.services import SlugTaken, change_partner
from streams.tenancy.users import user_of


class NewPartnerForm(forms.ModelForm):
    """A new partner with its first stream and first admin."""

    stream_name = forms.CharField(
        label=_("Stream name"),
        max_length=100,
        validators=[validate_one_line],
        help_text=_("The name of the tool, as customers know it."),
    )
    stream_slug = forms.SlugField(
        label=_("Stream slug"),
        max_length=50,
        validators=[not_reserved],
        help_text=_("Sent as context.integration.name with every event."),
    )
    admin_email = forms.EmailField(
        label=_("First admin's email"),
        help_text=_(
            "If there is no account with this email, we create one. The admin isn't emailed:"
            " afterward, open the user and select “Email a reset link”."
        ),
    )

    class Meta:
        model = Partner
        fields = ("name", "slug")

    def clean_stream_slug(self) -> str:
        slug: str = self.cleaned_data["stream_slug"]
        if Stream.objects.filter(slug=slug).exists():
            raise forms.ValidationError(
                gettext("A stream with this slug already exists. Choose another slug.")
            )
        return slug

    def clean_admin_email(self) -> str:
        return str(self.cleaned_data["admin_email"]).lower()


class ChangePartnerForm(forms.ModelForm):
    """A partner, with the email domains that operators have confirmed."""

    email_domains = forms.CharField(
        label=_("Email domains"),
        required=False,
        max_length=2_000,
        help_text=_(
            "For single sign-on, separated by commas. The partner's provider can sign in"
            " everyone with these domains, also into workspaces of other partners. Add a"
            " domain only if you have confirmed that it belongs to the partner, and never one"
            " of a public email service. If you remove a domain, its people can sign in with"
            " a password again."
        ),
    )

    class Meta:
        model = Partner
        fields = ("name", "slug")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["email_domains"] = ", ".join(domains_of(self.instance))

    def clean_email_domains(self) -> list[str]:
        try:
            return read_domains(self.cleaned_data["email_domains"])
        except DomainRefused as error:
            raise forms.ValidationError(str(error)) from None


@admin.register(Partner)
class PartnerAdmin(ServiceAdmin):
    activity_scope = ("partner", "slug")
    refusals = (SlugTaken, DomainRefused)
    confirms = True  # members with their roles, and domains that providers sign in
    list_display = ("name", "slug", "created")
    search_fields = ("name", "slug")
    ordering = ("name",)
    readonly_fields = ("created", "refused", "links", "suspension")
    created = time_column("created_at", _("created"))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return ("name", "slug", "stream_name", "stream_slug", "admin_email")
        return (
            *("name", "slug", "email_domains", "created", "refused", "links"),
            "suspension",
        )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Any:
        return self.readonly_fields if obj else ()

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Any:
        if obj is not None:
            return {}  # an existing slug never changes along with the name
        return {"slug": ("name",), "stream_slug": ("stream_name",)}

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> Any:
        return [PartnerMembershipInline] if obj else []

    def get_form(
        self,
        request: HttpRequest,
        obj: Model | None = None,
        change: bool = False,  # noqa: FBT001, FBT002 - the admin calls it so
        **kwargs: Any,
    ) -> Any:
        kwargs["form"] = NewPartnerForm if obj is None else ChangePartnerForm
        return super().get_form(request, obj, change, **kwargs)

    def create(self, request: HttpRequest, form: Any) -> Partner:
        entered = dict(form.cleaned_data)
        admin_email = entered.pop("admin_email")
        actor = staff_of(request)
        admin_user = user_of(email=admin_email, actor=actor)
        return create_partner_with_stream(admin=admin_user, actor=actor, **entered)

    def response_add(
        self,
        request: HttpRequest,
        obj: Partner,
        post_url_continue: str | None = None,
    ) -> HttpResponse:
        """Say also that the first admin got no email, and what to do."""
        response = super().response_add(request, obj, post_url_continue)
        for membership in obj.memberships.select_related("user"):
            messages.info(request, _next_step(membership.user))
        return response

    def change(self, request: HttpRequest, row: Any, form: Any) -> None:
        entered = dict(form.cleaned_data)
        domains, actor = entered.pop("email_domains"), staff_of(request)
        with transaction.atomic():
            change_partner(partner=row, actor=actor, **entered)
            set_domains(partner=row, domains=domains, actor=actor)

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,
        formset: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        save_memberships(request, formset)

    @admin.display(description=_("suspension"))
    def suspension(self, partner: Partner) -> str:
        """Return how to suspend the partner, with links to where that is done."""
        streams = partner.streams.order_by("name")
        if not streams:
            return gettext("This partner has no streams.")
        pages = linked(*(_review_link(stream) for stream in streams))
        text = gettext("To suspend this partner, suspend each of its streams:")
        return format_html("{} {}", text, pages)

    @admin.display(description=_("refused requests, 24 hours"))
    def refused(self, partner: Partner) -> str:
        """List the refused requests to the ingest API by key. Unknown keys aren't counted."""
        text = gettext(
            "%(key)s: status %(status)s, %(count)s requests, the last at %(at)s"
        )
        lines = [
            text
            % {
                "key": one.key,
                "status": one.status,
                "count": f"{one.count:,}",
                "at": f"{one.last_at:%Y-%m-%d %H:%M:%S} UTC",
            }
            for one in refused_of(partner, now())
        ]
        listed = format_html_join("", "<div>{}</div>", ((line,) for line in lines))
        return listed or gettext("None of this partner's keys was refused.")

    @admin.display(description=_("related"))
    def links(self, partner: Partner) -> str:
        named = {"partner__id__exact": partner.pk}
        of_streams = {"feed__stream__partner__id__exact": partner.pk}
        return linked(
            list_link(Stream, _("Streams"), **named),
            list_link(Workspace, _("Workspaces"), **named),
            list_link(PartnerToken, _("API tokens"), **named),
            list_link(Feed, _("Feeds and their events"), partner=partner.slug),
            list_link(Connection, _("Connections"), **of_streams),
            list_link(Delivery, _("Delivery attempts"), partner=partner.slug),
            list_link(Rejection, _("Rejected events"), partner=partner.slug),
        )


def _next_step(admin_user: User) -> str:
    if admin_user.has_usable_password():
        text = gettext(
            "{user} was not emailed. The account exists: tell this admin to sign in."
        )
    else:
        text = gettext(
            "{user} was not emailed. Open this user and select “Email a reset link”, so that"
            " the admin can set a password and sign in."
        )
    return format_html(text, user=link(admin_user, admin_user.email))


def _review_link(stream: Stream) -> str:
    if not may_view(Stream):
        return str(stream)
    url = reverse("admin:streams_stream_review", args=[stream.pk])
    text = gettext("%(stream)s (%(stage)s)") % {
        "stream": stream.name,
        "stage": stream.get_stage_display(),
    }
    return format_html('<a href="{}">{}</a>', url, text)
