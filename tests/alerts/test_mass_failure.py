"""A real worker and beat, 2,000 connections, and receivers of all kinds."""

from __future__ import annotations

import pytest

from tests.alerts.mass_failure import (
    SENDERS,
    Shortened,
    expected,
    fail_and_recover,
    mass_failure,
)
from tests.faults.notice_receivers import notice_receivers

pytestmark = [pytest.mark.processes]


@pytest.fixture
def receivers(tmp_path):
    with notice_receivers(tmp_path) as both:
        yield both


def test_2000_refused_keys_notify_everyone_once_though_email_is_down_and_senders_die(
    portal, receivers, settings
):
    settings.LOCAL_WEBHOOKS = True
    made = mass_failure(
        portal, receivers, Shortened(portal), connections=2_000, admins=60
    )

    fail_and_recover(made)

    assert made.received() == expected(made)
    # Only what was being sent when its sender died, by each of its threads.
    assert made.kills <= len(made.repeated()) <= made.kills * SENDERS
