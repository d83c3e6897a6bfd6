"""Edit and publish a stream's docs pages, and detect conflicting edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from streams.audit.changes import changed_values
from streams.audit.services import record
from streams.base.clock import now
from streams.base.text.markdown_writer import directives
from streams.catalog.pages.logo import read_logo
from streams.catalog.pages.models import Logo, PageVersion, StreamProfile
from streams.catalog.pages.page_kinds import PARTS, PageKind
from streams.catalog.services import lock_stream

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.tenancy.models import User

NEVER_SAVED = "0.0"  # the mark of a page's starting text


class PageConflict(Exception):
    """Someone else saved the page since it was opened; `current` is their version."""

    def __init__(self, current: PageVersion) -> None:
        super().__init__(
            _(
                "Someone else saved this page after you opened it. Review it and try again."
            )
        )
        self.current = current


class CannotPublish(ValueError):
    """The text can't be published; the message for people is the reason."""


def mark_of(version: PageVersion | None) -> str:
    """Return the mark of a version, or NEVER_SAVED."""
    return version.mark if version else NEVER_SAVED


def unknown_parts(text: str) -> list[str]:
    """List the names of directives that are not in PARTS."""
    return [one.name for one in directives(text) if one.name not in PARTS]


@transaction.atomic
def save_draft(
    *, stream: Stream, kind: PageKind, text: str, seen: str, actor: User | None
) -> PageVersion:
    """Save a text as the page's draft; `seen` is the mark of the version that was opened.

    Raises PageConflict. An unchanged text creates no draft.
    """
    newest = _newest(stream, kind, seen)
    if newest is not None and newest.text == text:
        return newest
    if newest is None or newest.published_at is not None:
        number = newest.number + 1 if newest else 1
        draft = PageVersion(stream=stream, kind=kind, number=number)
    else:
        draft = newest
        draft.revision += 1
    draft.text, draft.edited_at, draft.edited_by = text, now(), actor
    draft.save()
    _record("page.saved", draft, actor)
    return draft


@transaction.atomic
def publish(
    *, stream: Stream, kind: PageKind, text: str, seen: str, actor: User | None
) -> PageVersion:
    """Publish a text as the next version. Raises PageConflict and CannotPublish."""
    if not text.strip():
        raise CannotPublish(_("The page is empty. Enter some text."))
    if unknown := unknown_parts(text):
        message = _("“%(name)s” is not a generated section.")
        raise CannotPublish(message % {"name": unknown[0]})
    version = save_draft(stream=stream, kind=kind, text=text, seen=seen, actor=actor)
    if version.published_at is not None:
        raise CannotPublish(_("The text is identical to the published version."))
    version.published_at, version.published_by = now(), actor
    version.save(update_fields=["published_at", "published_by"])
    _record("page.published", version, actor)
    return version


@transaction.atomic
def change_profile(
    *,
    stream: Stream,
    about: str,
    website: str,
    support_email: str,
    docs_url: str,
    category: str,
    catalog_id: str,
    actor: User | None,
) -> None:
    """Change the tool details, which both pages show immediately."""
    facts = {
        "about": about,
        "website": website,
        "support_email": support_email,
        "docs_url": docs_url,
        "category": category,
        "catalog_id": catalog_id,
    }
    before = StreamProfile.objects.filter(stream=stream).values(*facts).first() or {}
    StreamProfile.objects.update_or_create(stream=stream, defaults=facts)
    record(
        "stream.profile_changed",
        actor=actor,
        partner=stream.partner,
        stream=stream.slug,
        **changed_values(before, facts),
    )


@transaction.atomic
def set_logo(*, stream: Stream, upload: bytes, actor: User | None) -> None:
    """Replace the logo. Raises InvalidLogo."""
    picture = read_logo(upload)
    Logo.objects.update_or_create(
        stream=stream,
        defaults={
            "content": picture.content,
            "content_type": picture.content_type,
            "digest": picture.digest,
            "uploaded_at": now(),
        },
    )
    record(
        "stream.logo_changed",
        actor=actor,
        partner=stream.partner,
        stream=stream.slug,
        digest=picture.digest,
    )


@transaction.atomic
def remove_logo(*, stream: Stream, actor: User | None) -> None:
    """Remove the logo, if there is one."""
    removed, _ = Logo.objects.filter(stream=stream).delete()
    if removed:
        partner = stream.partner
        record("stream.logo_removed", actor=actor, partner=partner, stream=stream.slug)


def _newest(stream: Stream, kind: PageKind, seen: str) -> PageVersion | None:
    """Return the newest version, locked until the end of the transaction."""
    lock_stream(stream)
    newest = stream.page_versions.of(kind).select_related("edited_by").first()
    if newest is not None and mark_of(newest) != seen:
        raise PageConflict(newest)
    return newest


def _record(action: str, version: PageVersion, actor: User | None) -> None:
    record(
        action,
        actor=actor,
        partner=version.stream.partner,
        stream=version.stream.slug,
        page=version.kind,
        number=version.number,
    )
