"""A partner's customers by trouble, queue or volume, with one statement.

A row is a feed, or a workspace without one. The statement reads every feed of the partner,
but no events. Its states are those of feed_state/states.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db import connection as database

from streams.catalog.stage import DELIVERING, Stage
from streams.catalog.validation.faults import SAME_FAULT
from streams.connections.models import Connection
from streams.connections.regions import SANDBOXES
from streams.events.quarter_hours import quarter
from streams.observability.feed_state.states import FeedState
from streams.observability.issues.queries import day_start

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from streams.tenancy.models import Partner

DAY = timedelta(hours=24)


class CustomerOrder(StrEnum):
    TROUBLE = "trouble"
    QUEUE = "queue"
    VOLUME = "volume"  # of the last 24 hours
    ISSUES = "issues"  # of the last 24 hours
    NAME = "name"
    LAST_EVENT = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """Which customers to list; empty fields match everything."""

    text: str = ""  # the start of the name or the external ID, case-insensitive
    states: frozenset[FeedState] = frozenset()
    is_test: bool | None = None  # only test workspaces, or only others
    has_issues: bool = False  # only those with issues in the last 24 hours
    opens_all: bool = True  # also workspaces that require a second factor


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A feed of a customer. `volume` is its number of events in the last 24 hours."""

    workspace_id: int
    feed_id: int | None  # None: the workspace has no feed
    state: FeedState
    volume: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage:
    """One page of the list, and how many customers with the text are in each state."""

    rows: list[CustomerRow]
    counts: dict[FeedState, int]


_EXEMPT = f"(w.is_test OR c.region IN ({', '.join(f"'{one}'" for one in SANDBOXES)}))"
_DELIVERING = ", ".join(f"'{stage}'" for stage in sorted(DELIVERING))
# The newest live cursor of a feed has its queue, as in the ledger. Stages and halts stop
# delivery as in delivery/limits/send_policy.py.
_CUSTOMERS = f"""
WITH live AS MATERIALIZED (
  SELECT cursor.feed_id, cursor.connection_id, cursor.position, cursor.failures,
    row_number() OVER (PARTITION BY cursor.feed_id ORDER BY cursor.connection_id DESC) AS place
  FROM streams_cursor AS cursor
  JOIN streams_stream AS own ON own.id = cursor.stream_id
  WHERE own.partner_id = %(partner)s AND cursor.kind = 'live'
), customer AS MATERIALIZED (
  SELECT w.id AS workspace_id, w.name, f.id AS feed_id, f.head_seq, f.head_at,
    f.head_seq - COALESCE(k.position, f.expired) AS queue,
    CASE
      WHEN f.id IS NULL THEN {FeedState.NO_STREAM:d}
      WHEN (k.connection_id = c.id) IS NOT TRUE THEN {FeedState.UNCONNECTED:d}
      WHEN c.status = '{Connection.Status.PAUSED}' THEN {FeedState.PAUSED:d}
      WHEN c.status = '{Connection.Status.ATTENTION}' THEN {FeedState.ATTENTION:d}
      WHEN s.stage = '{Stage.SUSPENDED}' AND NOT {_EXEMPT} THEN {FeedState.SUSPENDED:d}
      WHEN s.stage NOT IN ({_DELIVERING}) AND NOT {_EXEMPT}
        THEN {FeedState.AWAITING_APPROVAL:d}
      WHEN EXISTS (
        SELECT 1 FROM streams_halt AS halt
        WHERE COALESCE(halt.stream_id, s.id) = s.id AND halt.region IN ('', c.region)
      ) THEN {FeedState.HALTED:d}
      WHEN k.failures > 0 AND c.status_reason <> '' THEN {FeedState.OPERATOR:d}
      WHEN NOT c.known AND (c.seen_at > c.known_at) IS NOT TRUE
        THEN {FeedState.UNKNOWN_KEY:d}
      WHEN k.failures > 0 THEN {FeedState.RETRYING:d}
      WHEN c.seen_at IS NULL THEN {FeedState.UNVERIFIED:d}
      WHEN f.head_seq > k.position THEN {FeedState.SENDING:d}
      ELSE {FeedState.WORKING:d}
    END AS state
  FROM streams_workspace AS w
  LEFT JOIN streams_feed AS f ON f.workspace_id = w.id
  LEFT JOIN streams_stream AS s ON s.id = f.stream_id
  LEFT JOIN streams_connection AS c ON c.feed_id = f.id AND c.deleted_at IS NULL
  LEFT JOIN live AS k ON k.feed_id = f.id AND k.place = 1
  WHERE w.partner_id = %(partner)s AND (
    lower(w.name) LIKE %(starts)s ESCAPE '!' OR lower(w.external_id) LIKE %(starts)s ESCAPE '!'
  ) AND (w.is_test = %(is_test)s OR %(of_any_kind)s)
  AND (w.second_factor_required_at IS NULL OR %(opens_all)s) AND (%(with_or_without_issues)s OR EXISTS (
    SELECT 1 FROM streams_findinghour AS hour
    JOIN streams_findingkind AS kind ON kind.id = hour.kind_id
    WHERE kind.feed_id = f.id AND hour.at >= %(issues_since)s
  ))
)
"""  # noqa: S608 - only our own constants
# A mark has the feed's head before the first event of its quarter of an hour.
_VOLUME = """
CASE WHEN head_at >= %(day_ago)s THEN head_seq - COALESCE((
  SELECT mark.seq FROM streams_feedmark AS mark
  WHERE mark.feed_id = customer.feed_id AND mark.at >= %(day_ago)s
  ORDER BY mark.at LIMIT 1
), head_seq) ELSE 0 END
"""
# An event counts once for each fault, as in issues/queries.py. The rules of a fault are those
# of catalog/validation/faults.py.
_FAULT = "CASE {} ELSE kind.rule END".format(
    " ".join(
        f"WHEN kind.rule IN ({', '.join(f"'{rule}'" for rule in rules)}) THEN '{group}'"
        for group, rules in SAME_FAULT.items()
    )
)
_ISSUES = f"""
COALESCE((SELECT SUM(fault.events) FROM (
  SELECT MAX(of_kind.events) AS events FROM (
    SELECT {_FAULT} AS fault, kind.name, kind.path, (
      SELECT SUM(hour.count) FROM streams_findinghour AS hour
      WHERE hour.kind_id = kind.id AND hour.at >= %(issues_since)s
    ) AS events
    FROM streams_findingkind AS kind WHERE kind.feed_id = customer.feed_id
  ) AS of_kind GROUP BY of_kind.fault, of_kind.name, of_kind.path
) AS fault), 0)
"""  # noqa: S608 - only our own constants
_ORDERS: Mapping[CustomerOrder, str] = {
    CustomerOrder.TROUBLE: "state, COALESCE(queue, 0) DESC",
    CustomerOrder.QUEUE: "COALESCE(queue, 0) DESC",
    CustomerOrder.VOLUME: f"{_VOLUME} DESC",
    CustomerOrder.ISSUES: f"{_ISSUES} DESC",
    CustomerOrder.NAME: "lower(name)",
    CustomerOrder.LAST_EVENT: "head_at IS NULL, head_at DESC",
}


def customers(
    partner: Partner,
    *,
    filters: CustomerFilter,
    order: CustomerOrder,
    now: datetime,
    offset: int,
    limit: int,
) -> CustomerPage:
    """Return one page in this order and then by name, and the counts by state."""
    states = filters.states or frozenset(FeedState)
    shown = ", ".join(f"{state:d}" for state in sorted(states))
    sorting = f"{_ORDERS[order]}, lower(name), workspace_id, feed_id"
    # The second number of a count is its state, and that of a row is its place.
    statement = f"""{_CUSTOMERS}
    SELECT 0, state, count(*), NULL, NULL, NULL FROM customer GROUP BY state
    UNION ALL SELECT * FROM (
      SELECT 1, row_number() OVER (ORDER BY {sorting}) AS place,
        workspace_id, feed_id, state, {_VOLUME}
      FROM customer WHERE state IN ({shown})
      ORDER BY place LIMIT %(limit)s OFFSET %(offset)s
    ) AS page ORDER BY 1, 2"""  # noqa: S608 - only our own constants
    adapted = database.ops.adapt_datetimefield_value
    parameters = _parameters(partner, filters) | {
        "day_ago": adapted(quarter(now - DAY)),
        "issues_since": adapted(day_start(now)),
        "limit": limit,
        "offset": offset,
    }
    found = _rows(statement, parameters)
    return CustomerPage(
        rows=[
            CustomerRow(workspace, feed, FeedState(state), volume)
            for kind, _, workspace, feed, state, volume in found
            if kind == 1
        ],
        counts={FeedState(state): n for kind, state, n, *_ in found if kind == 0},
    )


def _parameters(partner: Partner, filters: CustomerFilter) -> dict[str, Any]:
    escaped = filters.text.lower()
    for special in "!%_":
        escaped = escaped.replace(special, f"!{special}")
    return {
        "partner": partner.pk,
        "starts": f"{escaped}%",
        "is_test": bool(filters.is_test),
        "of_any_kind": filters.is_test is None,
        "with_or_without_issues": not filters.has_issues,
        "opens_all": filters.opens_all,
    }


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with database.cursor() as sql:
        sql.execute(statement, parameters)
        return list(sql.fetchall())
