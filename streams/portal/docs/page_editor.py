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
    EditConflict,
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
from streams.publishing.export import export, remarks
from streams.publishing.facts import facts_of
from streams.publishing.pages import document_of, missing_parts
from streams.web.template_tags import within

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.pages.models import PageVersion
    from streams.publishing.facts import PageData


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

    def shown(self, **more: object) -> dict[str, object]:
        """Return the context of every template about the page, plus `more`."""
        page: PageStatus = page_status(self.stream, self.kind)
        return {"access": self.access, "stream": self.stream, "page": page, "mark": self.mark, **more}  # fmt: skip

    def to(self, name: str) -> HttpResponse:
        """Redirect to another view of this page."""
        return redirect(within(self.access, name, self.stream.slug, self.kind.value))


def desk_of(access: PartnerAccess, stream_slug: str, kind: str) -> PageEditor:
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
    desk = desk_of(access, stream_slug, kind)
    form = PageForm(
        request.POST or None, initial={"text": desk.text, "seen": desk.mark}
    )
    if not form.is_valid():
        return _editor(request, desk, form, desk.text)
    text, seen = form.cleaned_data["text"], form.cleaned_data["seen"]
    try:
        save_draft(stream=desk.stream, kind=desk.kind, text=text, seen=seen, actor=request.user)  # fmt: skip
    except EditConflict as edited:
        # With the new mark, saving again replaces the text that is shown next to it.
        form = PageForm(initial={"text": text, "seen": edited.current.mark})
        theirs = difference(edited.current.text, text)
        return _editor(
            request, desk, form, text, meanwhile=edited.current, theirs=theirs
        )
    if "publish" in request.POST:
        return desk.to("partner-stream-docs-publish")
    messages.success(request, _("The draft was saved."))
    return desk.to("partner-stream-docs-page")


@signed_in
@require_POST
def preview(
    request: PortalRequest, slug: str, stream_slug: str, kind: str
) -> HttpResponse:
    """Render a text without saving it. Without JavaScript, render the whole editor."""
    desk = desk_of(partner_to_see(request, slug), stream_slug, kind)
    form = PageForm(request.POST)
    text = form.cleaned_data["text"] if form.is_valid() else ""
    if not request.htmx:
        return _editor(request, desk, form, text)
    shown = desk.shown(**_preview(desk, text), form=form)
    return render(request, "portal/docs/_preview.html", shown)


@signed_in
def publishing(
    request: PortalRequest, slug: str, stream_slug: str, kind: str
) -> HttpResponse:
    """Show what changes for the public; a POST publishes."""
    desk = desk_of(partner_to_develop(request, slug), stream_slug, kind)
    form = MarkForm(request.POST or None)
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            publish(stream=desk.stream, kind=desk.kind, text=desk.text, seen=seen, actor=request.user)  # fmt: skip
        except (CannotPublish, EditConflict) as error:
            messages.error(request, str(error))
            return desk.to("partner-stream-docs-page")
        messages.success(
            request, _("The page was published. It goes live within a minute.")
        )
        return redirect(within(desk.access, "partner-stream-docs", stream_slug))
    published = desk.stream.page_versions.of(desk.kind).published().first()
    facts = facts_of(desk.stream, desk.kind)
    shown = desk.shown(
        published=published,
        difference=difference(published.text if published else "", desk.text),
        facts=facts,
        **_preview(desk, desk.text),
    )
    return render(request, "portal/docs/publish.html", shown)


@signed_in
def version(
    request: PortalRequest, slug: str, stream_slug: str, kind: str, number: int
) -> HttpResponse:
    """Compare an older text with the latest; a POST restores it as the draft."""
    restores = request.method == "POST"
    access = (partner_to_develop if restores else partner_to_see)(request, slug)
    desk = desk_of(access, stream_slug, kind)
    older = get_object_or_404(
        desk.stream.page_versions.of(desk.kind).select_related("edited_by", "published_by"),
        number=number,
    )  # fmt: skip
    form = MarkForm(request.POST or None)
    if form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            save_draft(stream=desk.stream, kind=desk.kind, text=older.text, seen=seen, actor=request.user)  # fmt: skip
        except EditConflict as error:
            messages.error(request, str(error))
        else:
            message = _("Version %(number)d was restored as the draft.")
            messages.success(request, message % {"number": number})
        return desk.to("partner-stream-docs-page")
    shown = desk.shown(
        version=older,
        newest=desk.newest,
        difference=difference(desk.text, older.text),
        document=document_of(older.text, facts_of(desk.stream, desk.kind), id_prefix="preview-"),
    )  # fmt: skip
    return render(request, "portal/docs/version.html", shown)


@signed_in
def export_source(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Download the source page as a file for Segment's docs repository."""
    desk = desk_of(partner_to_see(request, slug), stream_slug, PageKind.SOURCE)
    made = export(desk.text, _facts_for_segment(request, desk))
    response = HttpResponse(made.content, content_type="text/markdown; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="index.md"'
    return response


def _editor(
    request: PortalRequest, desk: PageEditor, form: PageForm, text: str, **more: object
) -> HttpResponse:
    if not desk.access.can_develop:
        form.fields["text"].widget.attrs["readonly"] = True
    versions = desk.stream.page_versions.of(desk.kind).published()
    of_segment = desk.kind == PageKind.SOURCE
    shown = desk.shown(
        form=form,
        parts=PARTS.values(),
        versions=versions.select_related("published_by"),
        export=export(text, _facts_for_segment(request, desk)) if of_segment else None,
        remarks=remarks(text) if of_segment else [],
        **_preview(desk, text),
        **more,
    )
    return render(request, "portal/docs/page.html", shown)


def _preview(desk: PageEditor, text: str) -> dict[str, object]:
    facts = facts_of(desk.stream, desk.kind)
    return {
        "document": document_of(text, facts, id_prefix="preview-"),
        "unknown": unknown_parts(text),
        "missing": missing_parts(text, desk.kind),
    }


def _facts_for_segment(request: PortalRequest, desk: PageEditor) -> PageData:
    origin = request.build_absolute_uri("/").rstrip("/")
    return facts_of(desk.stream, desk.kind, origin=origin, with_pictures=False)
