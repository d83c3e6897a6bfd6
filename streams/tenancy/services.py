"""Create and change partners, workspaces, and API tokens.

Members are managed in members.py and invitations.py. An invalid field (too long, not a
slug) raises Django's ValidationError, whose messages are for people.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from streams.audit.changes import changed_values
from streams.audit.services import record, record_each
from streams.base.clock import now
from streams.base.ids import Secret, new_secret
from streams.spec.validation_modes import ValidationMode
from streams.tenancy.change_fields import change_fields, values_of
from streams.tenancy.members import lock_place
from streams.tenancy.models import Partner, PartnerToken, Workspace

if TYPE_CHECKING:
    from collections.abc import Collection

    from streams.catalog.models import Stream
    from streams.tenancy.models import User

TOKEN_PREFIX = "pt_"  # noqa: S105 - what a token begins with
USE_NOTED_EVERY = timedelta(minutes=1)


class SlugTaken(ValueError):
    """Another partner or stream has this slug."""


class ExternalIdTaken(ValueError):
    """The partner already has a workspace with this ID."""


class AlreadyRevoked(ValueError):
    """The token is already revoked."""


@transaction.atomic
def create_partner(*, name: str, slug: str, actor: User | None) -> Partner:
    """Create a partner without members and streams. Raises SlugTaken."""
    partner = Partner(name=name, slug=slug)
    partner.clean_fields()
    try:
        with transaction.atomic():
            partner.save()
    except IntegrityError:
        raise _slug_taken(slug) from None
    record("partner.created", actor=actor, partner=partner, slug=slug)
    return partner


@transaction.atomic
def change_partner(
    *, partner: Partner, name: str, slug: str, actor: User | None
) -> None:
    """Change a partner's name or slug. Raises SlugTaken."""
    try:
        with transaction.atomic():
            changed = change_fields(partner, name=name, slug=slug)
    except IntegrityError:
        raise _slug_taken(slug) from None
    if changed:
        record(
            "partner.changed",
            actor=actor,
            partner=partner,
            row=str(partner)[:100],
            fields=", ".join(changed),
            **values_of(partner, changed),
        )


@transaction.atomic
def create_workspace(
    *,
    partner: Partner,
    external_id: str,
    name: str,
    actor: User | None,
    is_test: bool = False,
    weight: int = 1,
) -> Workspace:
    """Create a customer's workspace, or a test workspace.

    `weight` is its share of the delivery capacity, 1 to 100. Raises ExternalIdTaken, also
    if two requests race.
    """
    workspace = Workspace(
        partner=partner,
        external_id=external_id,
        name=name,
        is_test=is_test,
        weight=weight,
    )
    workspace.clean_fields(exclude=["partner"])
    workspace.clean()
    external_id = workspace.external_id
    try:
        with transaction.atomic():
            workspace.save()
    except IntegrityError:
        raise ExternalIdTaken(
            _("%(partner)s already has a workspace with the ID “%(id)s”.")
            % {"partner": partner, "id": external_id}
        ) from None
    record(
        "workspace.created",
        actor=actor,
        workspace=workspace,
        external_id=external_id,
        is_test=is_test,
    )
    return workspace


@transaction.atomic
def change_workspace(
    *, workspace: Workspace, name: str, weight: int, is_test: bool, actor: User | None
) -> None:
    """Change what operators decide about a workspace. Raises PlaceRemoved."""
    lock_place(workspace)
    changed = change_fields(workspace, name=name, weight=weight, is_test=is_test)
    if changed:
        record(
            "workspace.changed",
            actor=actor,
            workspace=workspace,
            row=str(workspace)[:100],
            fields=", ".join(changed),
            **values_of(workspace, changed),
        )


@transaction.atomic
def create_workspaces(
    *, partner: Partner, external_ids: Collection[str], at: datetime
) -> list[Workspace]:
    """Create workspaces in bulk, named by their cleaned IDs; return existing ones too."""
    new = [Workspace(partner=partner, external_id=i, name=i) for i in external_ids]
    known = partner.workspaces.filter(external_id__in=external_ids)
    before = set(known.values_list("external_id", flat=True))
    Workspace.objects.bulk_create(new, ignore_conflicts=True)
    made = list(known.all())
    record_each(
        "workspace.created",
        [
            (w, {"external_id": w.external_id})
            for w in made
            if w.external_id not in before
        ],
        at=at,
        is_test=False,
    )
    return made


@transaction.atomic
def set_check_mode(
    *, workspace: Workspace, check_mode: str, actor: User | None
) -> None:
    """Set a workspace's validation mode; the stream's mode applies if it is stricter."""
    before, workspace.check_mode = workspace.check_mode, check_mode
    workspace.save(update_fields=["check_mode"])
    record(
        "workspace.check_mode",
        actor=actor,
        workspace=workspace,
        check_mode=_own_mode(check_mode),
        **changed_values(
            {"Validation mode": _own_mode(before)},
            {"Validation mode": _own_mode(check_mode)},
        ),
    )


def _own_mode(check_mode: str) -> str:
    """Name a workspace's validation mode in English, as its form does."""
    mode = ValidationMode(check_mode)
    return "Same as stream" if mode == ValidationMode.OFF else mode.label


@transaction.atomic
def create_token(
    *,
    stream: Stream,
    name: str,
    actor: User | None,
    lifetime: timedelta | None = None,
    is_internal: bool = False,
) -> tuple[PartnerToken, Secret]:
    """Create an API token, and return it with its secret, which is shown only once.

    Without a `lifetime`, it never expires. `is_internal`: for a run by the portal itself,
    which revokes the token.
    """
    secret = new_secret(TOKEN_PREFIX)
    at = now()
    token = PartnerToken(
        partner=stream.partner,
        stream=stream,
        name=name,
        hint=secret.hint,
        digest=secret.digest,
        created_at=at,
        created_by=actor,
        expires_at=at + lifetime if lifetime else None,
        is_internal=is_internal,
    )
    token.clean_fields(
        exclude=["created_by", "last_used_at", "expires_at", "revoked_at"]
    )
    token.save()
    record(
        "token.created_until" if token.expires_at else "token.created",
        actor=actor,
        partner=stream.partner,
        **_named(token),
        **_expiry(token),
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: PartnerToken, actor: User | None) -> None:
    """Revoke a token in every process within seconds. Raises AlreadyRevoked."""
    live = PartnerToken.objects.filter(pk=token.pk, revoked_at=None)
    if not live.update(revoked_at=now()):
        raise AlreadyRevoked(
            _("The token %(name)s is already revoked.") % {"name": token.name}
        )
    token.refresh_from_db(fields=["revoked_at"])
    record(
        "token.revoked",
        actor=actor,
        partner=token.partner,
        **_named(token),
    )


def _expiry(token: PartnerToken) -> dict[str, Any]:
    if token.expires_at is None:
        return {}
    return {"expires": f"{token.expires_at:%Y-%m-%d %H:%M} UTC"}


def _named(token: PartnerToken) -> dict[str, Any]:
    named = {"stream": token.stream.slug, "name": token.name, "hint": token.hint}
    return {**named, "internal": True} if token.is_internal else named


def find_token(digest: str, now: datetime) -> PartnerToken | None:
    """Return the valid token with this digest (`base.ids.digest`), with its stream, or None.

    The API and ingest both look up tokens here. By digest, so that ingest can cache what a
    token gives access to without the token. The last use is recorded at most once a minute.
    """
    live = PartnerToken.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now), digest=digest, revoked_at=None
    )
    token = live.select_related("stream", "partner").first()
    if token is None:
        return None
    before = now - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        # The UPDATE checks again, because all processes do this at the same time.
        unnoted = live.filter(Q(last_used_at=None) | Q(last_used_at__lt=before))
        unnoted.update(last_used_at=now)
        token.last_used_at = now
    return token


def ended_tokens(digests: Collection[str]) -> dict[str, PartnerToken]:
    """Return the tokens with these digests, also those that expired or were revoked."""
    if not digests:
        return {}
    found = PartnerToken.objects.filter(digest__in=digests)
    return {token.digest: token for token in found}


def _slug_taken(slug: str) -> SlugTaken:
    return SlugTaken(
        _("A partner with the slug “%(slug)s” already exists.") % {"slug": slug}
    )
