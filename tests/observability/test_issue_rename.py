"""The models of issues have new names, and nothing that people have is lost with the old."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from streams.observability.issues.models import IssueHour, IssueKind
from tests import factories

BEFORE = "0003_append_only"


@pytest.mark.django_db(transaction=True)
def test_roles_and_rows_survive_the_migration_in_both_directions():
    factories.found(factories.feed(), events=3)
    support = Group.objects.create(name="Support")
    support.permissions.set(
        Permission.objects.filter(codename__in=["view_issuekind", "change_issuekind"])
    )

    call_command("migrate", "streams", BEFORE, verbosity=0)
    try:
        assert granted(support) == {"change_findingkind", "view_findingkind"}
        assert models() == {"findingkind", "findinghour"}
    finally:
        call_command("migrate", verbosity=0)

    assert granted(support) == {"change_issuekind", "view_issuekind"}
    assert models() == {"issuekind", "issuehour"}
    assert IssueKind.objects.count() == 2  # of the feed, and of its stream
    assert IssueHour.objects.aggregate(events=Sum("count")) == {"events": 6}


def granted(group: Group) -> set[str]:
    return set(group.permissions.values_list("codename", flat=True))


def models() -> set[str]:
    """The names of these models among the content types."""
    names = ContentType.objects.filter(app_label="streams").values_list("model")
    return {name for (name,) in names if name.startswith(("finding", "issue"))}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["", "7/change/", "?severity=error&q=a%20b"])
def test_the_former_address_of_issues_leads_to_the_new_one(client, path):
    response = client.get(f"/admin/streams/findingkind/{path}")

    assert response.status_code == 301
    assert response["Location"] == f"/admin/streams/issuekind/{path}"


if (
    connection.vendor == "postgresql"
):  # SQLite copies a table whose reference is renamed

    @pytest.mark.django_db
    def test_the_migration_changes_no_table():
        statements = StringIO()

        call_command("sqlmigrate", "streams", "0004_issue_kind", stdout=statements)

        lines = statements.getvalue().splitlines()
        code = [line for line in lines if line and not line.startswith("--")]
        assert code == ["BEGIN;", "COMMIT;"]
