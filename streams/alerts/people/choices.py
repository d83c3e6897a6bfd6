"""How a person gets notices in each of their places: read and change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from streams.alerts.models import Notice
from streams.alerts.people.digests import Cadence
from streams.alerts.people.models import ALL_KINDS, NoticeChoice
from streams.alerts.people.recipients import (
    TESTERS,
    Portal,
    operators,
    people_of,
    place_of,
)
from streams.audit.services import record
from streams.tenancy.models import Partner, User, Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

type Owner = Workspace | Partner
type Chooser = Owner | Portal  # where someone chooses how they get notices
type Choices = Mapping[tuple[str, str], str]  # a cadence by condition and channel


def places_of(user: User) -> list[Owner]:
    """Return where a person can get notices: partners, workspaces and test workspaces."""
    partners = Partner.objects.filter(memberships__user=user).order_by("name", "pk")
    own = Workspace.objects.filter(memberships__user=user)
    tests = Workspace.objects.filter(
        is_test=True,
        partner__memberships__user=user,
        partner__memberships__role__in=TESTERS,
    )
    workspaces = (own | tests).distinct().order_by("name", "pk")
    return [*partners, *workspaces.select_related("partner")]


def all_places_of(user: User) -> list[Chooser]:
    """Return the same, and the portal if the person is one of its operators."""
    is_operator = operators().filter(pk=user.pk).exists()
    return [*places_of(user), *([Portal()] if is_operator else [])]


def current(
    user: User, owner: Chooser, kinds: list[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return the cadence of each kind, which is a condition and a channel."""
    place = place_of(owner)
    people = people_of([place], user=user.pk)
    return {kind: people.cadence(place, user.pk, *kind) for kind in kinds}


@transaction.atomic
def choose(*, user: User, owner: Chooser, choices: Choices) -> bool:
    """Store what a person chose that differs from before; return whether anything does."""
    before = current(user, owner, list(choices))
    changed = {kind: when for kind, when in choices.items() if before[kind] != when}
    for (condition, channel), cadence in changed.items():
        _store(user, owner, condition, channel, cadence)
    if changed:
        _record("notices.chosen", user, owner)
    return bool(changed)


@transaction.atomic
def stop_emails(*, user: User, owner: Chooser) -> None:
    """Turn off all emails about alerts of a place, also of kinds that come later."""
    emails = NoticeChoice.objects.filter(
        user=user, channel=Notice.Channel.EMAIL, **_columns(owner)
    )
    if list(emails.values_list("condition", "cadence")) == [(ALL_KINDS, Cadence.OFF)]:
        return
    emails.exclude(condition=ALL_KINDS).delete()
    _store(user, owner, ALL_KINDS, Notice.Channel.EMAIL, Cadence.OFF)
    _record("notices.unsubscribed", user, owner)


def _store(
    user: User, owner: Chooser, condition: str, channel: str, cadence: str
) -> None:
    NoticeChoice.objects.update_or_create(
        user=user,
        condition=condition,
        channel=channel,
        **_columns(owner),
        defaults={"cadence": cadence},
    )


def _columns(owner: Chooser) -> dict[str, Any]:
    return {
        "workspace": owner if isinstance(owner, Workspace) else None,
        "partner": owner if isinstance(owner, Partner) else None,
    }


def _record(action: str, user: User, owner: Chooser) -> None:
    place = _columns(owner)
    record(action, actor=user, workspace=place["workspace"], partner=place["partner"])
