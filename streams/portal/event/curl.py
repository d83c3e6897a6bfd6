"""Requests to Segment as commands for a shell, with a placeholder for the write key."""

from __future__ import annotations

from shlex import quote

from streams.connections.regions import tracking_url

KEY = '"$WRITE_KEY:"'  # expanded by the shell of the person who runs the command


def curl(region: str, body: str) -> str:
    """Return the request that sends this body to Segment's batch endpoint.

    Safe to paste into a POSIX shell, whatever the body contains.
    """
    return _command(region, f"--data-raw {quote(body)}")


def curl_of_file(region: str, name: str) -> str:
    """Return the request that sends the contents of a file."""
    return _command(region, f"--data-binary {quote(f'@{name}')}")


def _command(region: str, data: str) -> str:
    return (
        f"curl -X POST {quote(f'{tracking_url(region)}/batch')} \\\n"
        f"  -u {KEY} \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  {data}"
    )
