"""Test workspaces of a partner, one for each region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from streams.base.ids import new_secret
from streams.connections.models import Connection
from streams.connections.regions import Region, offered
from streams.delivery.connection.services import connect
from streams.events.feeds import open_feed
from streams.events.models import Feed
from streams.tenancy.models import Partner
from streams.tenancy.services import create_workspace

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.catalog.models import Stream
    from streams.tenancy.models import User, Workspace

MAX_TEST_WORKSPACES = 10  # per partner, because they are delivered to before approval
# By external ID: the name and the region.
WANTED = {
    "qa-us": ("QA US", Region.SANDBOX),
    "qa-eu": ("QA Europe", Region.SANDBOX_EU),
}


class TooManyTestWorkspaces(ValueError):
    """The partner has reached MAX_TEST_WORKSPACES."""


def test_feeds(stream: Stream) -> QuerySet[Feed]:
    """Return the feeds that QA evaluates, in a fixed order.

    There are at most MAX_TEST_WORKSPACES, unless the operator created more.
    """
    tests = Feed.objects.filter(stream=stream, workspace__is_test=True)
    return tests.select_related("workspace", "stream").order_by("pk")


@transaction.atomic
def prepare(*, stream: Stream, actor: User | None) -> None:
    """Create the missing test workspaces, each with a feed and a connection.

    Their write keys are random, because the sandbox accepts any. If this portal offers no
    sandbox, they stay unconnected. Raises TooManyTestWorkspaces, or ExternalIdTaken if a
    customer has the same ID.
    """
    # Locks the partner, so that no one else counts or creates test workspaces.
    partner = Partner.objects.select_for_update(no_key=True).get(pk=stream.partner_id)
    there = {w.external_id: w for w in partner.workspaces.filter(is_test=True)}
    if len(there.keys() | WANTED.keys()) > MAX_TEST_WORKSPACES:
        problem = _(
            "%(partner)s already has %(count)s test workspaces, and the limit is %(limit)s."
            " Use the existing ones."
        )
        values = {"count": len(there), "limit": MAX_TEST_WORKSPACES}
        raise TooManyTestWorkspaces(problem % {"partner": partner, **values})
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
    feed = open_feed(stream=stream, workspace=workspace, actor=actor)[0]
    connected = Connection.objects.current().filter(feed=feed).exists()
    if not connected and region in offered():
        key = new_secret("").text  # 32 letters and digits, like Segment's
        connect(feed=feed, write_key=key, region=region, actor=actor)
