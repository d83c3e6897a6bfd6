from __future__ import annotations

import pytest

from streams.audit.models import AuditEntry
from streams.tenancy.members import (
    AlreadyMember,
    LastAdmin,
    NoSuchRole,
    PlaceRemoved,
    add_member,
    change_role,
    remove_member,
)
from streams.tenancy.models import Workspace
from tests import factories

pytestmark = pytest.mark.django_db

PLACES = pytest.mark.parametrize(
    ("place", "member", "lesser_role"),
    [
        (factories.partner, factories.partner_member, "support"),
        (factories.workspace, factories.member, "viewer"),
    ],
    ids=["partner", "workspace"],
)


@PLACES
def test_a_person_joins_once(place, member, lesser_role):
    place, person = place(), factories.user()

    membership = add_member(place=place, user=person, role=lesser_role, actor=None)

    assert list(place.members.all()) == [person]
    assert membership.role == lesser_role
    with pytest.raises(AlreadyMember):
        add_member(place=place, user=person, role="admin", actor=None)


@pytest.mark.parametrize(
    ("place", "role"),
    [
        (factories.partner, "editor"),
        (factories.workspace, "developer"),
        (factories.workspace, ""),
    ],
)
def test_a_role_of_another_kind_of_place_is_refused(place, role):
    with pytest.raises(NoSuchRole):
        add_member(place=place(), user=factories.user(), role=role, actor=None)


def test_a_removed_workspace_gets_no_member():
    workspace, person = factories.workspace(name="Fern & Field"), factories.user()
    Workspace.objects.filter(pk=workspace.pk).delete()

    with pytest.raises(PlaceRemoved, match="Fern & Field was deleted in the meantime"):
        add_member(place=workspace, user=person, role="viewer", actor=None)

    assert not AuditEntry.objects.exists()


def test_a_change_of_role_is_audited_with_the_former_role():
    cast = factories.cast()
    membership = cast.workspace.memberships.get(user=cast.bob)

    change_role(membership=membership, role="editor", actor=cast.anna)

    membership.refresh_from_db()
    assert membership.role == "editor"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.workspace, entry.detail) == (
        "member.role_changed",
        cast.anna,
        cast.workspace,
        {"member": "bob@northwind.example", "role": "editor", "before": "viewer"},
    )


@PLACES
def test_the_last_admin_stays_admin(place, member, lesser_role):
    place = place()
    member(place, "admin")
    membership = place.memberships.get()

    with pytest.raises(LastAdmin):
        remove_member(membership=membership, actor=None)
    with pytest.raises(LastAdmin):
        change_role(membership=membership, role=lesser_role, actor=None)

    assert place.memberships.get().role == "admin"


@PLACES
def test_one_of_two_admins_can_leave(place, member, lesser_role):
    place = place()
    stays, goes = member(place, "admin"), member(place, "admin")

    remove_member(membership=place.memberships.get(user=goes), actor=stays)

    assert list(place.members.all()) == [stays]
    assert AuditEntry.objects.get().action == "member.removed"


def test_a_viewer_can_leave_if_there_is_one_admin():
    cast = factories.cast()

    remove_member(
        membership=cast.workspace.memberships.get(user=cast.bob), actor=cast.anna
    )

    assert not cast.workspace.members.filter(pk=cast.bob.pk).exists()
