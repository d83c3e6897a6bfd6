"""Test workspaces: the partner's own, through which a stream is tried in both regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from streams.base.ids import new_secret
from streams.connections.models import Connection
from streams.connections.regions import Region, offered
from streams.delivery.services import connect
from streams.events.models import Feed
from streams.events.services import open_feed
from streams.tenancy.models import Partner
from streams.tenancy.services import create_workspace

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.catalog.models import Stream
    from streams.tenancy.models import User, Workspace

MAX_TEST_WORKSPACES = 10  # of a partner: they are delivered to before any approval
# By external id: the name, and the region in which it is tried.
WANTED = {
    "qa-us": ("QA US", Region.SANDBOX),
    "qa-eu": ("QA Europe", Region.SANDBOX_EU),
}


class TooManyTestWorkspaces(ValueError):
    """The partner has as many as it may have."""


def test_feeds(stream: Stream) -> QuerySet[Feed]:
    """The feeds that QA looks at, in a fixed order; MAX_TEST_WORKSPACES at most, unless
    staff made more."""
    tests = Feed.objects.filter(stream=stream, workspace__is_test=True)
    return tests.select_related("workspace", "stream").order_by("pk")


@transaction.atomic
def prepare(*, stream: Stream, actor: User | None) -> None:
    """See to it that both test workspaces are there, with a feed and a connection.

    What is there stays. Their keys are made up: the sandbox takes any. Where this portal
    offers no sandbox they are left unconnected. Raises TooManyTestWorkspaces, and
    ExternalIdTaken where a customer has such an id.
    """
    # One at a time: nobody else counts or makes test workspaces meanwhile.
    partner = Partner.objects.select_for_update(no_key=True).get(pk=stream.partner_id)
    there = {w.external_id: w for w in partner.workspaces.filter(is_test=True)}
    if len(there.keys() | WANTED.keys()) > MAX_TEST_WORKSPACES:
        raise TooManyTestWorkspaces(
            f"{partner} has {len(there)} test workspaces; {MAX_TEST_WORKSPACES} are the"
            " most. Use those that are there."
        )
    for external_id, (name, region) in WANTED.items():
        workspace = there.get(external_id) or create_workspace(
            partner=partner,
            external_id=external_id,
            name=name,
            is_test=True,
            actor=actor,
        )
        _connect(stream, workspace, region, actor)


def _connect(
    stream: Stream, workspace: Workspace, region: Region, actor: User | None
) -> None:
    feed, _ = open_feed(stream=stream, workspace=workspace, actor=actor)
    connected = Connection.objects.current().filter(feed=feed).exists()
    if not connected and region in offered():
        key = new_secret("").text  # 32 letters and digits, as Segment's own
        connect(feed=feed, write_key=key, region=region, actor=actor)
