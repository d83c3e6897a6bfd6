"""Edit, preview, publish and restore one page of a stream's docs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.catalog.pages.diff import difference
from streams.catalog.pages.initial_text import starting_text
from streams.catalog.pages.page_kinds import PARTS, PageKind
from streams.catalog.pages.services import (
    CannotPublish,
    PageConflict,
    mark_of,
    publish,
    save_draft,
    unknown_parts,
)
from streams.portal.docs.forms import MarkForm, PageForm
from streams.portal.docs.views import PageStatus, page_status
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    partner_to_develop,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within
from streams.publishing.export import export, remarks
from streams.publishing.page_data import facts_of
from streams.publishing.pages import document_of, missing_parts

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.pages.models import PageVersion
    from streams.publishing.page_data import PageData


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEditor:
    """A page that is being viewed or edited."""

    access: PartnerAccess
    stream: Stream
    kind: PageKind
    newest: PageVersion | None

    @property
    def text(self) -> str:
        return (
            self.newest.text if self.newest else starting_text(self.kind, self.stream)
        )

    @property
    def mark(self) -> str:
        return mark_of(self.newest)

    def context(self, **more: object) -> dict[str, object]:
        """Return the context of every template about the page, plus `more`."""
        status: PageStatus = page_status(self.stream, self.kind)
        return {"access": self.access, "stream": self.stream, "page": status, "mark": self.mark, **more}  # fmt: skip

    def to(self, name: str) -> HttpResponse:
        """Redirect to another view of this page."""
        return redirect(within(self.access, name, self.stream.slug, self.kind.value))


def page_editor_of(access: PartnerAccess, stream_slug: str, kind: str) -> PageEditor:
    """Load the page of a stream. Raises Http404 for an unknown kind."""
    if kind not in PageKind:
        raise Http404
    stream = stream_of(access, stream_slug)
    newest = stream.page_versions.of(PageKind(kind)).select_related("edited_by").first()
    return PageEditor(access=access, stream=stream, kind=PageKind(kind), newest=newest)


@signed_in
def editor(
    request: PortalRequest, slug: str, stream_slug: str, kind: str
) -> HttpResponse:
    """Show the text next to its preview; a POST saves the draft."""
    saves = request.method == "POST"
    access = (partner_to_develop if saves else partner_to_see)(request, slug)
    page = page_editor_of(access, stream_slug, kind)
    form = PageForm(
        request.POST or None, initial={"text": page.text, "seen": page.mark}
    )
    if not form.is_valid():
        return _editor(request, page, form, page.text)
    text, seen = form.cleaned_data["text"], form.cleaned_data["seen"]
    try:
        save_draft(stream=page.stream, kind=page.kind, text=text, seen=seen, actor=request.user)  # fmt: skip
    except PageConflict as edited:
        # With the new mark, saving again replaces the text that is shown next to it.
        form = PageForm(initial={"text": text, "seen": edited.current.mark})
        theirs = difference(edited.current.text, text)
        return _editor(
            request, page, form, text, meanwhile=edited.current, theirs=theirs
        )
    if "publish" in request.POST:
        return page.to("partner-stream-docs-publish")
    messages.success(request, _("The draft was saved."))
    return page.to("partner-stream-docs-page")


@signed_in
@require_POST
def preview(
    request: PortalRequest, slug: str, stream_slug: str, kind: str
) -> HttpResponse:
    """Render a text without saving it. Without JavaScript, render the whole editor."""
    page = page_editor_of(partner_to_see(request, slug), stream_slug, kind)
    form = PageForm(request.POST)
    text = form.cleaned_data["text"] if form.is_valid() else ""
    if not request.htmx:
        return _editor(request, page, form, text)
    context = page.context(**_preview(page, text), form=form)
    return render(request, "portal/docs/_preview.html", context)


@signed_in
def publishing(
    request: PortalRequest, slug: str, stream_slug: str, kind: str
) -> HttpResponse:
    """Show what changes for the public; a POST publishes."""
    page = page_editor_of(partner_to_develop(request, slug), stream_slug, kind)
    form = MarkForm(request.POST or None)
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            publish(stream=page.stream, kind=page.kind, text=page.text, seen=seen, actor=request.user)  # fmt: skip
        except (CannotPublish, PageConflict) as error:
            messages.error(request, str(error))
            return page.to("partner-stream-docs-page")
        messages.success(
            request, _("The page was published. It goes live within a minute.")
        )
        return redirect(within(page.access, "partner-stream-docs", stream_slug))
    published = page.stream.page_versions.of(page.kind).published().first()
    facts = facts_of(page.stream, page.kind)
    context = page.context(
        published=published,
        difference=difference(published.text if published else "", page.text),
        facts=facts,
        **_preview(page, page.text),
    )
    return render(request, "portal/docs/publish.html", context)


@signed_in
def version(
    request: PortalRequest, slug: str, stream_slug: str, kind: str, number: int
) -> HttpResponse:
    """Compare an older text with the latest; a POST restores it as the draft."""
    restores = request.method == "POST"
    access = (partner_to_develop if restores else partner_to_see)(request, slug)
    page = page_editor_of(access, stream_slug, kind)
    older = get_object_or_404(
        page.stream.page_versions.of(page.kind).select_related("edited_by", "published_by"),
        number=number,
    )  # fmt: skip
    form = MarkForm(request.POST or None)
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            save_draft(stream=page.stream, kind=page.kind, text=older.text, seen=seen, actor=request.user)  # fmt: skip
        except PageConflict as error:
            messages.error(request, str(error))
        else:
            message = _("Page version %(number)d was restored as the draft.")
            messages.success(request, message % {"number": number})
        return page.to("partner-stream-docs-page")
    context = page.context(
        version=older,
        newest=page.newest,
        difference=difference(page.text, older.text),
        document=document_of(older.text, facts_of(page.stream, page.kind), id_prefix="preview-"),
    )  # fmt: skip
    return render(request, "portal/docs/version.html", context)


@signed_in
def export_source(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Download the source page as a file for Segment's docs repository."""
    page = page_editor_of(partner_to_see(request, slug), stream_slug, PageKind.SOURCE)
    exported = export(page.text, _facts_for_segment(request, page))
    response = HttpResponse(
        exported.content, content_type="text/markdown; charset=utf-8"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="index.md"'
    return response


def _editor(
    request: PortalRequest, page: PageEditor, form: PageForm, text: str, **more: object
) -> HttpResponse:
    if not page.access.can_develop:
        form.fields["text"].widget.attrs["readonly"] = True
    versions = page.stream.page_versions.of(page.kind).published()
    of_segment = page.kind == PageKind.SOURCE
    context = page.context(
        form=form,
        parts=PARTS.values(),
        versions=versions.select_related("published_by"),
        export=export(text, _facts_for_segment(request, page)) if of_segment else None,
        remarks=remarks(text) if of_segment else [],
        **_preview(page, text),
        **more,
    )
    return render(request, "portal/docs/page.html", context)


def _preview(page: PageEditor, text: str) -> dict[str, object]:
    facts = facts_of(page.stream, page.kind)
    return {
        "document": document_of(text, facts, id_prefix="preview-"),
        "unknown": unknown_parts(text),
        "missing": missing_parts(text, page.kind),
    }


def _facts_for_segment(request: PortalRequest, page: PageEditor) -> PageData:
    origin = request.build_absolute_uri("/").rstrip("/")
    return facts_of(page.stream, page.kind, origin=origin, with_pictures=False)
