"""The activity logs of a workspace and of a partner: filters, pages, files, and who sees which entry."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.audit.services import record
from streams.base.clock import now


@pytest.fixture
def as_anna(client, cast):
    """A browser in which the workspace's admin is signed in."""
    client.force_login(cast.anna)
    return client


@pytest.fixture
def log(cast):
    return reverse("portal:activity", args=[cast.workspace.public_id])


@pytest.fixture
def partner_log(cast):
    return reverse("portal:partner-activity", args=[cast.partner.slug])


def entry(action, *, actor=None, member="", at=None, **fields):
    return AuditEntry.objects.create(
        at=at or now(),
        actor=actor,
        action=action,
        member=member,
        detail={"member": member} if member else {},
        address="203.0.113.7",
        device="Firefox on Linux",
        **fields,
    )


def sign_in(person, action="user.signed_in", **fields):
    return entry(action, actor=person, member=person.email, **fields)


def actions(response):
    return [row.entry.action for row in response.context["rows"]]


def test_an_admin_sees_changes_and_sign_ins_of_the_own_workspace_only(
    as_anna, cast, log
):
    record("connection.paused", actor=cast.alice, workspace=cast.workspace)
    record("connection.resumed", actor=cast.charlie, workspace=cast.elsewhere)
    record("stream.changed", actor=cast.petra, partner=cast.partner)
    sign_in(cast.bob)
    sign_in(cast.charlie, action="user.signed_out")
    sign_in(cast.petra, action="user.signed_out")

    page = as_anna.get(log)

    assert actions(page) == ["user.signed_in", "connection.paused"]
    assert "203.0.113.7" in page.text
    assert "Firefox on Linux" in page.text


def test_a_failed_sign_in_as_a_member_is_by_an_unknown_person(as_anna, cast, log):
    entry("user.sign_in_failed", member=cast.bob.email)

    [row] = as_anna.get(log).context["rows"]

    assert (row.who, row.address) == ("Unknown", "203.0.113.7")
    assert cast.bob.email in row.what


def test_sign_ins_before_a_member_joined_stay_theirs(as_anna, cast, log):
    sign_in(cast.bob, at=now() - timedelta(days=30))

    assert actions(as_anna.get(log)) == []


def test_access_by_the_operator_is_shown_without_name_and_address(as_anna, cast, log):
    here = {"partner": cast.partner, "workspace": cast.workspace}
    entry("support.events_opened", actor=cast.olga, **here)

    page = as_anna.get(log)
    by_name = as_anna.get(log, {"person": cast.olga.email})

    [row] = page.context["rows"]
    assert (row.who, row.what, row.address) == (
        "Operator", "Opened events of the workspace", "",
    )  # fmt: skip
    assert cast.olga.email not in page.text
    assert actions(by_name) == []


def test_the_partner_sees_changes_in_a_workspace_but_not_from_where(
    client, cast, partner_log
):
    here = {"partner": cast.partner, "workspace": cast.workspace}
    entry("connection.paused", actor=cast.anna, **here)
    entry("stream.changed", actor=cast.petra, partner=cast.partner)
    sign_in(cast.anna)
    sign_in(cast.petra)
    client.force_login(cast.petra)

    rows = client.get(partner_log).context["rows"]

    assert [(row.entry.action, row.who, row.address) for row in rows] == [
        ("user.signed_in", cast.petra.email, "203.0.113.7"),
        ("stream.changed", cast.petra.email, "203.0.113.7"),
        ("connection.paused", cast.anna.email, ""),
    ]


def test_only_admins_of_the_partner_see_sign_ins_and_addresses(
    as_sam, cast, partner_log
):
    entry("stream.changed", actor=cast.petra, partner=cast.partner)
    sign_in(cast.petra)

    page = as_sam.get(partner_log)

    assert actions(page) == ["stream.changed"]
    assert "203.0.113.7" not in page.text
    assert "Export CSV" not in page.text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"person": "Alice@Northwind.example"}, ["connection.paused"]),
        ({"person": "Portal"}, ["connection.needs_attention"]),
        ({"person": "operator"}, ["support.workspace_opened"]),
        ({"kind": "members"}, ["member.invited"]),
        ({"kind": "connections"}, ["connection.needs_attention", "connection.paused"]),
        ({"kind": "other"}, []),
        ({"about": "new@example.com"}, ["member.invited"]),
        ({"last": "1h"}, ["connection.needs_attention"]),
        ({"since": "2026-01-01T00:00", "until": "2026-01-02T00:00"}, []),
    ],
    ids=str,
)
def test_the_log_is_filtered(as_anna, cast, log, query, shown):
    here = {"partner": cast.partner, "workspace": cast.workspace}
    old = now() - timedelta(hours=2)
    entry("connection.paused", actor=cast.alice, at=old, **here)
    entry("support.workspace_opened", actor=cast.olga, at=old, **here)
    entry("member.invited", actor=cast.anna, member="new@example.com", at=old, **here)
    entry("connection.needs_attention", **here)

    assert actions(as_anna.get(log, query)) == shown


def test_a_partner_filters_by_workspace_or_stream(as_petra, cast, partner_log):
    entry("connection.paused", partner=cast.partner, workspace=cast.workspace)
    entry("connection.paused", partner=cast.partner, workspace=cast.elsewhere)
    entry("stream.approved", partner=cast.partner, stream=cast.stream.slug)

    by_workspace = as_petra.get(partner_log, {"about": cast.workspace.external_id})
    by_stream = as_petra.get(partner_log, {"about": cast.stream.slug})

    assert [row.entry.workspace for row in by_workspace.context["rows"]] == [
        cast.workspace
    ]
    assert actions(by_stream) == ["stream.approved"]


def test_an_invalid_filter_shows_no_entries_and_says_why(as_anna, cast, log):
    record("connection.paused", actor=cast.alice, workspace=cast.workspace)

    page = as_anna.get(log, {"kind": "xyzzy"})

    assert page.context["rows"] == []
    assert "Correct or remove the invalid filter." in page.text


def test_pages_continue_below_an_entry_and_merge_changes_with_sign_ins(
    as_anna, cast, log
):
    here = {"partner": cast.partner, "workspace": cast.workspace}
    start = now()
    for second in range(120):
        at = start + timedelta(seconds=second // 3)  # several at the same time
        if second % 4:
            entry("connection.paused", at=at, **here)
        else:
            sign_in(cast.bob, at=at)

    seen, url = [], log
    while url:
        page = as_anna.get(url)
        seen += [row.entry.pk for row in page.context["rows"]]
        following = page.context["page"].next_before
        url = f"{log}{page.context['older']}" if following else ""

    newest_first = AuditEntry.objects.filter(address="203.0.113.7")
    expected = newest_first.order_by("-at", "-pk").values_list("pk", flat=True)
    assert seen == list(expected)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_the_matching_entries_are_exported(as_anna, cast, log, form):
    here = {"partner": cast.partner, "workspace": cast.workspace}
    entry("connection.paused", actor=cast.alice, **here)
    entry("connection.resumed", actor=cast.petra, **here)
    record("member.joined", actor=None, workspace=cast.workspace, member="=cmd()")

    response = as_anna.get(f"{log}log.{form}", {"kind": "connections"})
    text = b"".join(response.streaming_content).decode()

    rows = (
        list(csv.DictReader(io.StringIO(text)))
        if form == "csv"
        else [json.loads(line) for line in text.splitlines()]
    )
    assert [(row["person"], row["action"], row["address"]) for row in rows] == [
        (cast.petra.email, "connection.resumed", ""),
        (cast.alice.email, "connection.paused", "203.0.113.7"),
    ]
    exported = AuditEntry.objects.get(action="activity.exported")
    assert (exported.workspace, exported.actor, exported.detail) == (
        cast.workspace, cast.anna, {"format": form, "filter": "kind"},
    )  # fmt: skip


def test_a_spreadsheet_runs_no_formula_from_an_entry(as_anna, cast, log):
    entry(
        "member.joined", member="=cmd()", partner=cast.partner, workspace=cast.workspace
    )

    text = b"".join(as_anna.get(f"{log}log.csv").streaming_content).decode()

    assert "'=cmd()" in text


def test_other_formats_do_not_exist(as_anna, log):
    assert as_anna.get(f"{log}log.html").status_code == 404


def test_the_log_of_another_workspace_or_partner_does_not_exist(
    client, cast, log, partner_log
):
    for outsider in (cast.charlie, cast.rita):
        client.force_login(outsider)
        for url in (log, f"{log}log.csv", partner_log, f"{partner_log}log.csv"):
            assert client.get(url).status_code == 404


def test_no_filter_has_the_name_of_a_column_with_another_meaning(as_anna, cast, log):
    """“From” was the start of a time range, and also the column of addresses."""
    sign_in(cast.bob)

    page = as_anna.get(log)

    labels = {str(field.label) for field in page.context["form"]}
    columns = set(re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', page.text))
    assert columns == {"Time", "Person", "Activity", "Address and device"}
    assert columns & labels == {"Time", "Person"}
