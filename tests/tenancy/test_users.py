from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction

from streams.audit.models import AuditEntry
from streams.tenancy.models import User
from streams.tenancy.users import (
    EmailTaken,
    change_group,
    change_user,
    create_group,
    create_user,
    set_password,
    user_of,
)
from tests import factories
from tests.locks import in_thread, someone_waits
from tests.portal_processes import until

pytestmark = pytest.mark.django_db


def entries():
    found = AuditEntry.objects.order_by("pk")
    return [(entry.action, entry.detail["fields"], entry.actor) for entry in found]


def test_a_new_user_has_no_password_and_a_lower_case_email():
    olga = factories.staff()

    user = create_user(email="New@Example.com", name="New", actor=olga)

    assert (user.email, user.has_usable_password()) == ("new@example.com", False)
    assert entries() == [("user.created", "email, name", olga)]


def test_an_email_belongs_to_one_user():
    one, other = factories.user("one@example.com"), factories.user()

    with pytest.raises(EmailTaken):
        create_user(email="One@example.com", name="", actor=None)
    with pytest.raises(EmailTaken):
        change_user(user=other, email="ONE@example.com", actor=None)

    assert User.objects.get(email="one@example.com") == one
    assert entries() == []


def test_only_what_changed_is_recorded_and_without_its_value():
    user, group = factories.user(), Group.objects.create(name="Support")

    change_user(user=user, name="Ada", is_staff=False, groups=[group], actor=None)
    change_user(user=user, name="Ada", is_staff=False, groups=[group], actor=None)

    assert [*user.groups.all()] == [group]
    assert entries() == [("user.changed", "name, groups", None)]


def test_a_user_is_found_or_created_by_email():
    known = factories.user("ada@example.com")

    assert user_of(email="Ada@example.com", actor=None) == known
    assert user_of(email="new@example.com", actor=None).has_usable_password() is False
    assert entries() == [("user.created", "email, name", None)]


if connection.vendor == "postgresql":  # SQLite lets only one of them write

    @pytest.mark.django_db(transaction=True)
    def test_a_user_whom_two_operators_add_at_once_is_created_once():
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                theirs = user_of(email="new@example.com", actor=None)
                mine = in_thread(
                    pool, lambda: user_of(email="new@example.com", actor=None)
                )
                until(someone_waits)

            assert mine.result(10) == theirs
        assert User.objects.count() == 1


def test_a_password_is_set_or_taken_away():
    user = factories.user()

    set_password(user=user, password="a new passphrase 123")
    assert User.objects.get().check_password("a new passphrase 123")

    set_password(user=user, password=None)
    assert User.objects.get().has_usable_password() is False


def test_a_group_is_created_and_changed_with_its_permissions():
    first, second = Permission.objects.order_by("pk")[:2]

    group = create_group(name="Support", permissions=[first], actor=None)
    change_group(group=group, name="Support", permissions=[second], actor=None)
    change_group(group=group, name="Support", permissions=[second], actor=None)

    assert [*group.permissions.all()] == [second]
    assert entries() == [
        ("group.created", "name, permissions", None),
        ("group.changed", "permissions", None),
    ]
