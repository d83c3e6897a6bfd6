"""`make soak`: traffic flows for an hour, and one fault after the other strikes at random.

A portal of its own as in production: PostgreSQL, Redis, two workers, the settings at their
defaults. Prints how long each fault took to recover from, and at the end whether every
event is accounted for, with a table for docs/reliability.md. Ends with 1 if one is not.
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

from tests.faults.database import own_postgres
from tests.faults.deployment import Site, site
from tests.services import valkey
from tests.services.environment import settings_for, without_settings


def main() -> None:
    # However it is ended, it clears up; a shell has what it runs behind ignore Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    options = _options()
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    print(f"{options.minutes:g} minutes, seed {seed}", flush=True)
    with _site() as here:
        # After the settings are in the environment: what these import reads them.
        from tests.faults.chaos import run

        sys.exit(run(here, seconds=options.minutes * 60, seed=seed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, help="the same seed, the same faults")
    return parser.parse_args()


@contextmanager
def _site() -> Iterator[Site]:
    """Of its own in every part; this process works with its database, too."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="portal-soak-")))
        cluster, url = stack.enter_context(own_postgres())
        settings = settings_for(var=folder, database_url=url, redis_url="")
        environ = without_settings(os.environ) | settings
        os.environ.update(settings)
        django.setup()
        binary = valkey.find_binary()
        yield stack.enter_context(
            site(environ, folder, broker=binary, database=cluster)
        )


if __name__ == "__main__":
    main()
