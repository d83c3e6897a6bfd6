"""The portal's own test event: no tracking plan has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TEST_EVENT = "Connection Tested"
TEST_USER_ID = "connection-test"  # one for all tests: Segment bills by users seen


def is_connection_test(event: Mapping[str, Any] | None) -> bool:
    """Whether a stored event is the portal's test of a connection."""
    return (
        event is not None
        and event.get("event") == TEST_EVENT
        and event.get("userId") == TEST_USER_ID
    )
