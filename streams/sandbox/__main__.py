"""`python -m streams.sandbox`: run the local Segment until a signal ends it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys

from streams.sandbox.journal import KEPT_EVENTS
from streams.sandbox.server import Server


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    options = _options()
    logging.basicConfig(level=logging.INFO)
    asyncio.run(_serve(options.host, options.port, options.keep))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8003, help="0: any free port")
    parser.add_argument(
        "--keep", type=int, default=KEPT_EVENTS, help="how many events can be looked at"
    )
    return parser.parse_args()


async def _serve(host: str, port: int, kept_events: int) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with Server(host=host, port=port, kept_events=kept_events) as server:
        sys.stdout.write(f"sandbox listening on {server.url}\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    main()
