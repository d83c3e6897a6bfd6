"""Erase what is left of a person outside the log: exported files and filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.http import QueryDict

from streams.delivery.replay.models import Replay
from streams.events.erasure.person import PeopleSearch, PersonDigests
from streams.exports.models import Export, ExportPart
from streams.tenancy.saved_filters.models import SavedFilter
from streams.uploads.services import delete_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.events.erasure.models import Erasure

WITH_EVENTS = (Export.Kind.EVENTS, Export.Kind.PERSON)
HIDDEN = "…"  # in place of a value that named the person
_encode = msgspec.json.Encoder().encode


def erase_leftovers(erasure: Erasure) -> dict[str, int]:
    """Erase them in the caller's transaction; return their numbers by column of Erasure."""
    search = PeopleSearch(
        erasure.feed, {erasure.pk: PersonDigests.read(erasure.person)}
    )
    return {
        "exports": _delete_exports(erasure) + delete_all(erasure.feed_id),
        "filters": _delete_saved(erasure, search) + _hide_in_replays(erasure, search),
    }


def _delete_exports(erasure: Erasure) -> int:
    """Delete all exports of the feed's events: files can't be searched."""
    exports = Export.objects.filter(feed=erasure.feed_id, kind__in=WITH_EVENTS)
    ids = list(exports.values_list("pk", flat=True))
    ExportPart.objects.filter(export__in=ids).delete()
    Export.objects.filter(pk__in=ids).delete()
    return len(ids)


def _delete_saved(erasure: Erasure, search: PeopleSearch) -> int:
    saved = SavedFilter.objects.filter(workspace=erasure.feed.workspace_id)
    found = [
        one.pk
        for one in saved.iterator()
        if _names(search, QueryDict(one.query).dict())
    ]
    SavedFilter.objects.filter(pk__in=found).delete()
    return len(found)


def _hide_in_replays(erasure: Erasure, search: PeopleSearch) -> int:
    """Hide the person in filters of replays, which account for events and so must stay."""
    hidden = 0
    for replay in Replay.objects.filter(cursor__feed=erasure.feed_id).iterator():
        named = {"user_id": replay.user_id, **replay.more}
        if not _names(search, named):
            continue
        replay.user_id = replay.user_id and HIDDEN
        replay.more = {
            name: HIDDEN if name in ("anonymous_id", "email") else value
            for name, value in replay.more.items()
        }
        replay.save(update_fields=["user_id", "more"])
        hidden += 1
    return hidden


def _names(search: PeopleSearch, fields: Mapping[str, Any]) -> bool:
    """Whether the fields of a filter name the person, as an event of theirs would."""
    event = {
        "userId": fields.get("user_id"),
        "anonymousId": fields.get("anonymous_id"),
        "traits": {"email": fields.get("email")},
    }
    return bool(search.owners(_encode(event)))
