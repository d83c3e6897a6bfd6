"""The table of rights in the customer guide agrees with the table of URLs and roles."""

from __future__ import annotations

import re

import pytest

from streams.docs.guides.index import GUIDES
from streams.tenancy.members import may_invite
from tests import factories
from tests.portal.access_table import PEOPLE, ROWS

WORKSPACE, PARTNER = "w/<public_id>/", "p/<slug:slug>/"
STREAM = f"{PARTNER}streams/<slug:stream_slug>/"
OF_WORKSPACE = f"{PARTNER}workspaces/<public_id>/"
# The people of the columns.
COLUMNS = ("bob", "alice", "anna", "sam", "dev", "petra")
FIRST_ADMIN = "Invite the first admin"
# The requests that each right is about; in a line, those of which one is enough.
RIGHTS = {
    "See events, delivery attempts and alerts": [
        [f"get {WORKSPACE}events/"],
        [f"get {WORKSPACE}events/<int:seq>/"],
        [f"get {WORKSPACE}attempts/"],
        [f"get {WORKSPACE}alerts/"],
    ],
    "See the members and their roles": [[f"get {WORKSPACE}members/"]],
    "Export events and delivery attempts": [
        [f"post {WORKSPACE}exports/new/"],
        [f"get {WORKSPACE}exports/<export_id>/file/"],
    ],
    "Connect Segment, and change, pause or retry the connection": [
        [f"post {WORKSPACE}connection/"],
        [f"get {WORKSPACE}connection/change/"],
        [f"post {WORKSPACE}connection/pause/"],
        [f"post {WORKSPACE}connection/resume/"],
        [f"post {WORKSPACE}connection/retry/"],
    ],
    "Delete the connection": [[f"post {WORKSPACE}connection/delete/"]],
    "Replay or skip events": [
        [f"post {WORKSPACE}replays/new/"],
        [f"post {WORKSPACE}connection/skip/"],
    ],
    "Resolve quarantined events": [
        [f"post {WORKSPACE}quarantine/decide/", f"post {STREAM}quarantine/decide/"]
    ],
    "Look up people": [[f"post {WORKSPACE}identity/"]],
    "Decide conflicts of userIds": [
        [f"post {WORKSPACE}identity/conflicts/<int:pk>/decide/"]
    ],
    "Erase a person": [[f"post {WORKSPACE}privacy/erase/"]],
    "Suppress a person": [
        [f"post {WORKSPACE}privacy/suppress/"],
        [f"post {WORKSPACE}privacy/unsuppress/"],
        [f"post {WORKSPACE}privacy/deletions/"],
    ],
    "Invite others, change roles, and remove members": [
        [f"post {WORKSPACE}members/"],
        [f"post {WORKSPACE}members/<int:pk>/role/"],
        [f"post {WORKSPACE}members/<int:pk>/remove/"],
        [f"post {WORKSPACE}invitations/<int:pk>/resend/"],
        [f"post {WORKSPACE}invitations/<int:pk>/withdraw/"],
    ],
    "See and export the workspace's activity log": [
        [f"get {WORKSPACE}activity/"],
        [f"get {WORKSPACE}activity/log.<form>"],
    ],
    "See the workspace's changes in the partner's activity log": [
        [f"get {PARTNER}activity/"]
    ],
    "Create the workspace and its ingest key": [
        [f"post {PARTNER}workspaces/new/"],
        [f"post {OF_WORKSPACE}feeds/<int:pk>/key/"],
    ],
    "Change the stream, its plan and its docs": [
        [f"post {STREAM}"],
        [f"post {STREAM}plan/events/new/"],
        [f"post {STREAM}docs/<kind>/"],
    ],
}
GETS = {str(row): dict(zip(PEOPLE, row.gets, strict=True)) for row in ROWS}


def rights_in_guide() -> dict[str, list[str]]:
    text = GUIDES["customers"].text
    below = text.split("## Rights of customers and partners\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\| (.+) \|$", below, re.MULTILINE)
    return {name: marks for name, *marks in (line.split(" | ") for line in lines[1:])}


def is_allowed(person: str, right: str) -> bool:
    return all(
        any(GETS[request][person] in (200, 201, 302) for request in requests)
        for requests in RIGHTS[right]
    )


def test_the_guide_lists_the_rights_that_are_tested():
    assert sorted(rights_in_guide()) == sorted([*RIGHTS, FIRST_ADMIN])


@pytest.mark.parametrize("right", RIGHTS)
def test_a_right_in_the_guide_is_the_right_to_its_urls(right):
    by_table = ["yes" if is_allowed(person, right) else "no" for person in COLUMNS]

    assert rights_in_guide()[right] == by_table


def test_a_partner_reaches_no_url_of_a_workspace_that_changes_it():
    changing = {
        str(row): [GETS[str(row)][person] for person in ("sam", "dev", "petra")]
        for row in ROWS
        if row.method == "post" and row.route.startswith(WORKSPACE)
    }
    # Exports and saved filters are the person's own. To look up a person changes nothing.
    own = (
        *("exports/new/", "filters/save/", "filters/<int:pk>/delete/"),
        *("identity/", "privacy/export/"),
    )

    assert {
        route for route, gets in changing.items() if not set(gets) <= {403, 404}
    } == {f"post {WORKSPACE}{route}" for route in own}


@pytest.mark.django_db
def test_only_a_workspace_without_an_admin_takes_invitations_of_the_partner():
    cast = factories.cast()
    people = [getattr(cast, person) for person in COLUMNS]

    with_admin = [may_invite(person, cast.workspace) for person in people]
    cast.workspace.memberships.filter(role="admin").update(role="editor")
    without = [may_invite(person, cast.workspace) for person in people]

    assert with_admin == [person == "anna" for person in COLUMNS]
    assert ["yes" if one else "no" for one in without] == (
        rights_in_guide()[FIRST_ADMIN]
    )
