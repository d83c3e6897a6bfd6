"""Refuse 2,000 keys while email is down for ten minutes, and wait as long as it takes.

`python -m tests.alerts.outage` uses a separate portal with PostgreSQL and Redis, and takes up
to an hour. It prints when what arrived, and exits with 1 if anyone got a notice twice, or not
at all.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.core.management import call_command

from tests.faults.disposable_postgres import own_postgres
from tests.faults.notice_receivers import notice_receivers
from tests.servers import valkey
from tests.servers.environment import settings_for, without_settings


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog="outage", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=2_000)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="portal-outage-")))
        receivers = stack.enter_context(notice_receivers(folder))
        _, url = stack.enter_context(own_postgres())
        broker = stack.enter_context(
            valkey.running(valkey.find_binary(), folder / "broker")
        )
        redis_url = f"redis://127.0.0.1:{broker.port}/0"
        settings = settings_for(var=folder, database_url=url, redis_url=redis_url)
        settings |= receivers.environ
        environ = without_settings(os.environ) | settings
        os.environ.update(settings)
        django.setup()
        # After the settings are in the environment: these modules read them on import.
        from tests.alerts import mass_failure as scenario
        from tests.portal_processes import running

        call_command("migrate", verbosity=0)
        portal = stack.enter_context(running(environ, folder))
        began = time.monotonic()
        made = scenario.mass_failure(
            portal,
            receivers,
            scenario.Waiting(options.minutes * 60),
            connections=options.connections,
            admins=options.connections,
        )
        scenario.fail_and_recover(made)
        sys.exit(_report(made, scenario, time.monotonic() - began))


def _report(made, scenario, seconds: float) -> int:
    expected, received = scenario.expected(made), made.received()
    wrong = {
        key: (expected.get(key, 0), received.get(key, 0))
        for key in expected.keys() | received.keys()
        if expected.get(key, 0) != received.get(key, 0)
    }
    print(
        f"{seconds / 60:.0f} minutes: {len(made.receivers.emails):,} emails and"
        f" {len(made.receivers.webhooks)} webhook messages, {made.kills} senders killed,"
        f" {len(made.repeated())} notices repeated, {len(wrong)} wrong"
    )
    for key, (wanted, got) in wrong.items():
        print(f"WRONG: {key}: {got} instead of {wanted}")
    return int(bool(wrong))


if __name__ == "__main__":
    main()
