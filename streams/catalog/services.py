"""Create streams and change their settings.

An invalid field (too long, not a slug) raises Django's ValidationError, whose messages are
for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from streams.audit.changes import changed_values
from streams.audit.services import record
from streams.base.clock import now
from streams.catalog.models import Stream
from streams.catalog.setting_conflicts import StreamSettings, compare, settings_of
from streams.spec.spec_exceptions import SpecExceptions
from streams.tenancy.members import add_member
from streams.tenancy.models import PartnerMembership
from streams.tenancy.services import SlugTaken, create_partner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from streams.tenancy.models import Partner, User


@transaction.atomic
def create_partner_with_stream(
    *,
    name: str,
    slug: str,
    stream_name: str,
    stream_slug: str,
    admin: User | None,
    actor: User | None,
) -> Partner:
    """Create a partner with its first stream, and its first admin if one is given.

    Raises SlugTaken.
    """
    partner = create_partner(name=name, slug=slug, actor=actor)
    create_stream(partner=partner, slug=stream_slug, actor=actor, name=stream_name)
    if admin is not None:
        role = PartnerMembership.Role.ADMIN
        add_member(place=partner, user=admin, role=role, actor=actor)
    return partner


@transaction.atomic
def create_stream(
    *,
    partner: Partner,
    slug: str,
    actor: User | None,
    **settings: Unpack[StreamSettings],
) -> Stream:
    """Create a stream for the partner. Raises SlugTaken."""
    stream = Stream(partner=partner, slug=slug, **settings)
    stream.clean_fields(exclude=["partner"])
    try:
        with transaction.atomic():
            stream.save()
    except IntegrityError:
        raise SlugTaken(
            _("A stream with the slug “%(slug)s” already exists.") % {"slug": slug}
        ) from None
    record("stream.created", actor=actor, partner=partner, stream=slug, slug=slug)
    return stream


@transaction.atomic
def change_stream(
    *,
    stream: Stream,
    actor: User | None,
    seen: Mapping[str, Any] | None = None,
    **settings: Unpack[StreamSettings],
) -> None:
    """Change a stream's settings. They apply from the next event on.

    `seen` holds the settings that the form showed; None: don't compare. Raises
    SettingsConflict. If nothing changes, nothing is recorded.
    """
    entered: dict[str, Any] = {**settings}
    before = compare_settings(stream=stream, entered=entered, seen=seen)
    if before == entered:
        return
    _save_settings(stream, entered)
    record(
        "stream.changed",
        actor=actor,
        partner=stream.partner,
        stream=stream.slug,
        **changed_values(before, entered),
        **entered,
    )


@transaction.atomic
def compare_settings(
    *, stream: Stream, entered: Mapping[str, Any], seen: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Lock a stream and return its current values of the settings in `entered`.

    Raises SettingsConflict if `entered` would overwrite a change that was made since `seen`;
    None: don't compare.
    """
    lock_stream(stream)
    current = settings_of(stream, entered)
    if seen is not None:
        compare(seen=seen, entered=entered, current=current)
    return current


@transaction.atomic
def choose_spec_exceptions(
    *, stream: Stream, accepted: Iterable[str], actor: User | None
) -> None:
    """Set the Spec exceptions of a stream. Unknown IDs are ignored.

    If nothing changes, nothing is recorded.
    """
    lock_stream(stream)
    chosen = sorted(SpecExceptions.of(accepted).accepted)
    if chosen == sorted(stream.spec_readings):
        return
    before, stream.spec_readings = stream.spec_readings, chosen
    stream.save(update_fields=["spec_readings"])
    record(
        "stream.readings_chosen",
        actor=actor,
        partner=stream.partner,
        stream=stream.slug,
        readings=", ".join(chosen),
        **changed_values(
            {"readings": ", ".join(before)}, {"readings": ", ".join(chosen)}
        ),
    )


def lock_stream(stream: Stream) -> None:
    """Lock the stream's row until the end of the transaction, and read it again.

    Events that are being stored refer to the row and don't wait for this lock.
    """
    stream.refresh_from_db(from_queryset=Stream.objects.select_for_update(no_key=True))


def _save_settings(stream: Stream, settings: Mapping[str, Any]) -> None:
    for field, value in settings.items():
        if field == "retention_days":
            stream.keep_for(value, now=now())
        else:
            setattr(stream, field, value)
    others = {field.name for field in Stream._meta.fields} - settings.keys()
    stream.clean_fields(exclude=others)
    stream.save(update_fields=[*settings, "retention_shortened_at"])
