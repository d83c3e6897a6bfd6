"""Create and change users and the groups of operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from streams.audit.services import record
from streams.tenancy.change_fields import change_fields, values_of
from streams.tenancy.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Unpack

    from django.contrib.auth.models import Permission
    from django.db.models import Model


RELATIONS = ("groups", "user_permissions")


class EmailTaken(ValueError):
    """Another user has this email."""


class UserChanges(TypedDict, total=False):
    """The fields of a user that operators or the user change."""

    email: str
    name: str
    time_zone: str
    theme: str
    is_active: bool
    is_staff: bool
    is_superuser: bool
    groups: Iterable[Group]
    user_permissions: Iterable[Permission]


@transaction.atomic
def create_user(*, email: str, name: str, actor: User | None) -> User:
    """Create a user without a password, who sets one by email. Raises EmailTaken."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, name=name)
    except IntegrityError:
        raise _email_taken(email) from None
    _record("user.created", user, ["email", "name"], actor)
    return user


def user_of(*, email: str, actor: User | None) -> User:
    """Return the user with this email, created without a password if there is none."""
    with_email = User.objects.filter(email=email.lower())
    if known := with_email.first():
        return known
    try:
        return create_user(email=email, name="", actor=actor)
    except EmailTaken:  # since we looked
        return with_email.get()


@transaction.atomic
def change_user(
    *, user: User, actor: User | None, **changes: Unpack[UserChanges]
) -> None:
    """Change these fields of a user. Raises EmailTaken.

    The caller notifies the old address of a changed email (sign_in/security_notices.py).
    """
    fields: dict[str, Any] = {**changes}
    relations = {name: fields.pop(name) for name in RELATIONS if name in fields}
    if "email" in fields:
        fields["email"] = fields["email"].lower()
    try:
        with transaction.atomic():
            changed = change_fields(user, **fields)
    except IntegrityError:
        raise _email_taken(fields["email"]) from None
    related = [name for name, rows in relations.items() if _relate(user, name, rows)]
    if changed or related:
        names = [*changed, *related]
        _record("user.changed", user, names, actor, **values_of(user, changed))


@sensitive_variables("password")
@transaction.atomic
def set_password(*, user: User, password: str | None) -> None:
    """Set a validated password; None: the user can't sign in with one.

    The caller records it and notifies the user (sign_in/security_notices.py).
    """
    user.set_password(password)
    user.save(update_fields=["password"])


@transaction.atomic
def create_group(
    *, name: str, permissions: Iterable[Permission], actor: User | None
) -> Group:
    """Create a group of operators with these permissions."""
    group = Group(name=name)
    group.full_clean()
    group.save()
    group.permissions.set(permissions)
    _record("group.created", group, ["name", "permissions"], actor)
    return group


@transaction.atomic
def change_group(
    *,
    group: Group,
    name: str,
    permissions: Iterable[Permission],
    actor: User | None,
) -> None:
    """Rename a group, or change its permissions."""
    changed = change_fields(group, name=name)
    related = ["permissions"] if _relate(group, "permissions", permissions) else []
    if changed or related:
        names = [*changed, *related]
        _record("group.changed", group, names, actor, **values_of(group, changed))


def _relate(row: Model, name: str, rows: Iterable[Model]) -> bool:
    """Replace the related rows. Returns whether they changed."""
    related, wanted = getattr(row, name), set(rows)
    if set(related.all()) == wanted:
        return False
    related.set(wanted)
    return True


def _record(
    action: str,
    row: User | Group,
    fields: Iterable[str],
    actor: User | None,
    **values: str,
) -> None:
    """Record which fields changed, with the `values` that are not secret."""
    details: dict[str, Any] = {
        "row": str(row)[:100],
        "fields": ", ".join(fields),
        **values,
    }
    record(action, actor=actor, **details)


def _email_taken(email: str) -> EmailTaken:
    return EmailTaken(
        _("A user with the email %(email)s already exists.") % {"email": email}
    )
