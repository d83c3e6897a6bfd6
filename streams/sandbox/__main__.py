"""`python -m streams.sandbox` runs the sandbox until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from streams.sandbox.debugger.recent_requests import KEPT_EVENTS
from streams.sandbox.http.access import AccessRules
from streams.sandbox.serving.server import Server


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    options = _options()
    logging.basicConfig(level=logging.INFO)
    asyncio.run(_serve(options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to bind to (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=8003,
        help="port to bind to; 0 means any free port (default: 8003)",
    )
    parser.add_argument(
        "--keep",
        type=int,
        default=KEPT_EVENTS,
        help=f"number of events to keep (default: {KEPT_EVENTS})",
    )
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        help="respond only to this Host name, IP addresses and localhost; repeatable",
    )
    parser.add_argument(
        "--control-token-file",
        type=Path,
        help="require `Authorization: Bearer` with this file's text for the control API",
    )
    return parser.parse_args()


def _access(options: argparse.Namespace) -> AccessRules:
    token = ""
    if options.control_token_file is not None:
        token = options.control_token_file.read_text().strip()
        if not token:
            raise SystemExit(f"{options.control_token_file} is empty.")
    hosts = frozenset(host.lower() for host in options.allowed_host)
    return AccessRules(hosts or None, token)


async def _serve(options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = Server(
        host=options.host,
        port=options.port,
        kept_events=options.keep,
        access=_access(options),
    )
    async with server:
        sys.stdout.write(f"sandbox listening on {server.url}\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    main()
