"""One rule in three forms: for a connection at hand, as a query, and for a drain."""

from __future__ import annotations

from itertools import product

import pytest

from streams.catalog.models import Stream
from streams.catalog.stage import Stage
from streams.connections.models import Connection
from streams.connections.regions import Region
from streams.delivery.engine.due_cursors import DueCursors
from streams.delivery.limits.models import Halt
from streams.delivery.limits.send_policy import (
    BlockCause,
    DrainPolicy,
    SendBlock,
    SendPolicy,
    halted_connections,
    sendable_cursors,
)
from streams.delivery.models import Cursor
from streams.tenancy.models import Workspace
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def cursors() -> list[Cursor]:
    """A due cursor for each stage, region and kind of workspace; a stream for each stage."""
    for stage in Stage:
        stream = factories.stream(stage=stage)
        for region, is_test in product(Region, [True, False]):
            workspace = factories.workspace(stream.partner, is_test=is_test)
            feed = factories.feed(stream, workspace)
            factories.due_cursor(1, factories.connection(feed, region=region))
    return list(
        Cursor.objects.select_related("connection", "feed__workspace", "stream")
    )


def single(cursors: list[Cursor]) -> set[int]:
    """Those whose connection nothing blocks."""
    policy = SendPolicy.load()
    return {
        cursor.pk
        for cursor in cursors
        if not policy.block(
            cursor.connection, stream=cursor.stream, workspace=cursor.feed.workspace
        )
    }


def queried() -> set[int]:
    return set(sendable_cursors(factories.NOW).values_list("pk", flat=True))


def drained(cursors: list[Cursor]) -> set[int]:
    """Those that the drains of their streams may send, at the poll and at the last check."""
    found = set()
    for stream_id in {cursor.stream_id for cursor in cursors}:
        policy = DrainPolicy.load(stream_id)
        due = DueCursors(stream_id).poll(
            factories.NOW, skipped_regions=policy.halted_regions, only=policy.exempt
        )
        ids = [] if policy.halted else [one.cursor_id for one in due]
        allowed = Cursor.objects.filter(policy.still_exempt, pk__in=ids)
        assert set(allowed.values_list("pk", flat=True)) == set(ids)
        found |= set(ids)
    return found


def test_all_forms_agree_for_every_stage_workspace_region_and_halt(cursors):
    live = Stream.objects.get(stage=Stage.LIVE)
    results = set()

    for stream, region in product([None, live, factories.stream()], ["", *Region]):
        halt = Halt.objects.create(stream=stream, region=region, reason="Drill")
        sendable = single(cursors)
        assert sendable == queried() == drained(cursors), str(halt)
        results.add(frozenset(sendable))
        halt.delete()

    unhalted = single(cursors)
    assert unhalted == queried() == drained(cursors)
    # All of three stages, and the sandbox and test workspaces of the other three.
    assert len(unhalted) == 3 * 8 + 3 * 6
    # Everything, each region, the live stream, each region of it, and another stream.
    assert len(results) == 1 + 4 + 1 + 4 + 1


def test_several_halts_add_up(cursors):
    Halt.objects.create(region="us", reason="Drill")
    Halt.objects.create(region="eu", reason="Drill")
    Halt.objects.create(stream=Stream.objects.get(stage=Stage.LIVE), reason="Drill")

    sendable = single(cursors)

    assert sendable == queried() == drained(cursors)
    assert {
        cursor.connection.region for cursor in cursors if cursor.pk in sendable
    } == {
        Region.SANDBOX,
        Region.SANDBOX_EU,
    }


def test_a_sandbox_connection_that_became_real_is_stopped_at_the_last_check():
    stream = factories.stream(stage=Stage.SUBMITTED)
    connection = factories.connection(factories.feed(stream), region="sandbox")
    cursor = factories.due_cursor(1, connection)
    policy = DrainPolicy.load(stream.pk)

    Connection.objects.filter(pk=connection.pk).update(region="us")

    assert policy.exempt == {cursor.pk}
    assert not Cursor.objects.filter(policy.still_exempt).exists()


def test_the_connections_of_a_halt_are_those_that_it_would_stop(cursors):
    live = Stream.objects.get(stage=Stage.LIVE)

    counts = [
        halted_connections(stream=stream, region=region).count()
        for stream, region in product([None, live], ["", "eu"])
    ]

    assert counts == [48, 12, 8, 2]


@pytest.mark.parametrize(
    ("stage", "reasons", "block"),
    [
        (Stage.DRAFT, [], SendBlock(BlockCause.AWAITING_APPROVAL)),
        (Stage.SUBMITTED, ["Drill"], SendBlock(BlockCause.AWAITING_APPROVAL)),
        (Stage.SUSPENDED, ["Drill"], SendBlock(BlockCause.SUSPENDED)),
        (Stage.LIVE, ["Drill"], SendBlock(BlockCause.HALTED, "Drill.")),
        (Stage.LIVE, [], None),
    ],
)
def test_the_stage_comes_before_halts(stage, reasons, block):
    policy = SendPolicy(tuple(Halt(reason=reason) for reason in reasons))

    found = policy.block(
        Connection(region="us"), stream=Stream(pk=1, stage=stage), workspace=Workspace()
    )

    assert found == block


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (SendBlock(BlockCause.AWAITING_APPROVAL), "The stream is awaiting approval."),
        (SendBlock(BlockCause.SUSPENDED), "The stream is suspended."),
        (
            SendBlock(BlockCause.HALTED, "Maintenance."),
            "Delivery halted by the operator: Maintenance.",
        ),
    ],
)
def test_customers_read_why(block, message):
    assert block.message == message
