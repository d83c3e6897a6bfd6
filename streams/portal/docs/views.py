"""A stream's docs: the status of both pages, the tool details and the logo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from streams.catalog.pages.logo import MAX_BYTES, InvalidLogo
from streams.catalog.pages.models import Logo
from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.pages.services import change_profile, remove_logo, set_logo
from streams.portal.docs.forms import LogoForm, ProfileForm
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_develop,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within
from streams.publishing.page_data import profile_of
from streams.publishing.pages import address_of, title_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.catalog.models import Stream
    from streams.catalog.pages.models import PageVersion

ABOUT = {
    PageKind.SOURCE: _("The events that the stream sends to Segment."),
    PageKind.INTEGRATION: _("How customers connect the tool to Segment."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStatus:
    """The status of one of the two pages."""

    kind: PageKind
    title: str
    about: StrOrPromise
    draft: PageVersion | None
    published: PageVersion | None
    address: str  # of the public page, once published


def page_status(stream: Stream, kind: PageKind) -> PageStatus:
    versions = stream.page_versions.of(kind).select_related("edited_by", "published_by")
    newest, published = versions.first(), versions.published().first()
    return PageStatus(
        kind=kind,
        title=title_of(kind, stream.name),
        about=ABOUT[kind],
        draft=newest if newest and not newest.published_at else None,
        published=published,
        address=address_of(kind, stream.slug),
    )


@signed_in
def docs(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show both pages and the tool details."""
    access = partner_to_see(request, slug)
    stream = stream_of(access, stream_slug)
    context = {
        "access": access,
        "stream": stream,
        "pages": [page_status(stream, kind) for kind in PageKind],
        "profile": profile_of(stream),
        "logo": Logo.objects.filter(stream=stream).defer("content").first(),
        "logo_form": LogoForm(),
    }
    return render(request, "portal/docs/docs.html", context)


@signed_in
def facts(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Edit the tool details on both pages. Changes go live immediately."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    profile = profile_of(stream)
    initial = {name: getattr(profile, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST or None, initial=initial)
    if form.is_valid():
        change_profile(stream=stream, actor=request.user, **form.cleaned_data)
        messages.success(request, gettext("The tool details were saved."))
        return redirect(within(access, "partner-stream-docs", stream_slug))
    context = {"access": access, "stream": stream, "form": form}
    return render(request, "portal/docs/facts.html", context)


@signed_in
@require_POST
def logo(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Upload a new logo."""
    access = partner_to_develop(request, slug)
    stream = stream_of(access, stream_slug)
    form = LogoForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, gettext("Choose a file first."))
    else:
        upload = form.cleaned_data["logo"].read(MAX_BYTES + 1)
        try:
            set_logo(stream=stream, upload=upload, actor=request.user)
        except InvalidLogo as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("The logo was updated."))
    return redirect(within(access, "partner-stream-docs", stream_slug))


@signed_in
@require_POST
def logo_remove(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    access = partner_to_develop(request, slug)
    remove_logo(stream=stream_of(access, stream_slug), actor=request.user)
    messages.success(request, gettext("The logo was removed."))
    return redirect(within(access, "partner-stream-docs", stream_slug))
