"""A partner's pages say what the partner can do next, and what only others can do."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils.html import escape

from streams.catalog.models import Stream
from streams.catalog.stage import Stage
from streams.portal.shared.navigation_tags import of_feed
from streams.tenancy.models import PartnerMembership, WorkspaceMembership
from streams.tenancy.services import create_workspace
from tests import factories


@pytest.fixture
def new(cast):
    """A customer without members and without a connection."""
    workspace = create_workspace(
        partner=cast.partner, external_id="new", name="New", actor=None
    )
    factories.feed(cast.stream, workspace)
    return workspace


def of_partner(cast, page, *args) -> str:
    return reverse(f"portal:{page}", args=[cast.partner.slug, *args])


def both_pages(client, cast, workspace) -> list[str]:
    own = of_partner(cast, "partner-workspace", workspace.public_id)
    customers = reverse("portal:connection", args=[workspace.public_id])
    return [client.get(page).text for page in (own, customers)]


def test_members_without_the_form_see_what_each_role_can_do(client, cast):
    client.force_login(cast.dev)
    team = client.get(of_partner(cast, "partner-members")).text
    client.force_login(cast.bob)
    customers = client.get(reverse("portal:members", args=[cast.workspace.public_id]))

    for role in PartnerMembership.Role:
        assert f"<dt>{role.label}</dt>" in team
    for role in WorkspaceMembership.Role:
        assert f"<dt>{role.label}</dt>" in customers.text


def test_a_partner_is_led_from_replays_to_the_api(client, cast):
    replays = reverse("portal:replays", args=[cast.workspace.public_id])

    client.force_login(cast.dev)
    to_partner = client.get(replays).text
    client.force_login(cast.bob)
    to_customer = client.get(replays).text

    assert 'start one with the <a href="/docs/guide/api/">API</a>' in to_partner
    assert "/docs/guide/api/" not in to_customer


@pytest.mark.parametrize(
    ("show", "title"),
    [
        ("events", "Waiting for events"),
        ("attempts", "Waiting for delivery attempts"),
        ("requests", "Waiting for requests"),
    ],
)
def test_a_live_tail_without_rows_says_what_it_waits_for(client, cast, show, title):
    client.force_login(cast.dev)
    tail = of_partner(cast, "partner-tail")

    plain = client.get(tail, {"show": show}).text
    filtered = client.get(
        tail, {"show": show, "name": "x", "outcome": "retry", "failed": "on"}
    ).text

    assert title in plain
    assert "Waiting for rows that match the filters" in filtered


@pytest.mark.parametrize(
    ("stage", "is_said"),
    [(Stage.DRAFT, True), (Stage.SUBMITTED, True), (Stage.APPROVED, False)],
)
def test_until_approval_a_workspace_leads_to_the_test_workspaces(
    client, cast, new, stage, is_said
):
    Stream.objects.filter(pk=cast.stream.pk).update(stage=stage)
    client.force_login(cast.dev)
    qa = of_partner(cast, "partner-stream-qa", cast.stream.slug)

    for page in both_pages(client, cast, new):
        assert (f'href="{qa}#test-workspaces"' in page) is is_said


def test_a_workspace_that_is_not_connected_leads_to_an_invitation(client, cast, new):
    client.force_login(cast.dev)
    invite = of_partner(cast, "partner-workspace-invite", new.public_id)

    own, customers = both_pages(client, cast, new)

    assert f'<a href="{invite}">Invite someone</a>' in own
    assert of_partner(cast, "partner-workspace", new.public_id) in customers


def test_after_an_invitation_the_next_step_is_to_accept_it(client, cast, new):
    client.force_login(cast.dev)
    page = of_partner(cast, "partner-workspace-invite", new.public_id)

    client.post(page, {"email": "nora@new.example", "role": "admin"})
    own = both_pages(client, cast, new)[0]

    assert "nora@new.example is invited with the role Admin" in own
    assert "Invite another person" in own
    assert "Invite someone" not in own


def test_a_workspace_with_an_editor_waits_for_the_editor(client, cast, new):
    factories.member(new, "editor")
    client.force_login(cast.dev)

    own = both_pages(client, cast, new)[0]

    assert "The editors and admins of the customer, who are listed below" in own
    assert "of the customer, who can then connect it." not in own


@pytest.mark.parametrize(
    ("person", "said"),
    [("petra", "add <a"), ("dev", "admin of your team</a> to add webhooks")],
)
def test_the_alerts_of_a_partner_lead_to_webhooks(client, cast, person, said):
    client.force_login(getattr(cast, person))

    assert said in client.get(of_partner(cast, "partner-alerts")).text


def test_a_customer_is_not_shown_the_partners_next_steps(client, cast):
    Stream.objects.filter(pk=cast.stream.pk).update(stage=Stage.DRAFT)
    client.force_login(cast.bob)

    page = client.get(reverse("portal:connection", args=[cast.workspace.public_id]))

    assert "test workspaces" not in page.text


def test_each_figure_of_a_workspace_leads_to_its_events(client, cast):
    client.force_login(cast.dev)
    own = of_partner(cast, "partner-workspace", cast.workspace.public_id)

    page = client.get(own).text

    for query in ({}, {"outcome": "delivered"}, {"outcome": "queued"}):
        link = of_feed(cast.workspace, cast.feed, "events", **query)
        assert f'href="{escape(link)}"' in page


def test_a_developer_is_led_to_the_admins_who_create_streams(client, cast):
    client.force_login(cast.dev)

    page = client.get(of_partner(cast, "partner-streams")).text

    members = of_partner(cast, "partner-members")
    assert f'Only <a href="{members}">admins of your team</a>' in page


def test_the_events_of_a_live_tail_say_where_rejected_ones_are(client, cast):
    client.force_login(cast.dev)

    page = client.get(of_partner(cast, "partner-tail")).text

    assert '<a href="?show=requests">requests</a>' in page
