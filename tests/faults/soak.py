"""`make soak`: run traffic for an hour while random faults strike.

It uses a separate portal as in production: PostgreSQL, Redis, two workers, default
settings. Some faults last longer than the hold times of alerts. It prints how long each
fault took to recover from, and at the end whether every event, alert and notice is
accounted for, with a table for docs/reliability.md. It exits with 1 if one is not.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import django

from tests.faults.deployment import Deployment, deployment
from tests.faults.disposable_postgres import own_postgres
from tests.faults.notice_receivers import NoticeReceivers, notice_receivers
from tests.servers import valkey
from tests.servers.environment import settings_for, without_settings


def main() -> None:
    # However it ends, it cleans up. A shell makes background programs ignore Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    options = _options()
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    print(f"{options.minutes:g} minutes, seed {seed}", flush=True)
    with _deployment() as (here, receivers):
        # After the settings are in the environment: these modules read them on import.
        from tests.faults.chaos import run

        sys.exit(run(here, receivers, seconds=options.minutes * 60, seed=seed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, help="the same seed, the same faults")
    return parser.parse_args()


@contextmanager
def _deployment() -> Iterator[tuple[Deployment, NoticeReceivers]]:
    """Create the deployment. This process uses its database, too."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="portal-soak-")))
        cluster, url = stack.enter_context(own_postgres())
        settings = settings_for(var=folder, database_url=url, redis_url="")
        receivers = stack.enter_context(notice_receivers(folder))
        settings |= receivers.environ
        environ = without_settings(os.environ) | settings
        os.environ.update(settings)
        django.setup()
        binary = valkey.find_binary()
        here = stack.enter_context(
            deployment(environ, folder, broker=binary, database=cluster)
        )
        yield here, receivers


if __name__ == "__main__":
    main()
