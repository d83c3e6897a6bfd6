"""`run.json`: the running portal's addresses and secrets, for scripts."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from streams.base.msgspec_types import prepared


@dataclass(frozen=True, slots=True)
class SignIn:
    role: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """A feed. `workspace` is the external ID used in events, `stream` the slug.

    Segment sends the workspace's events to `inbound_url`. The secret is a Bearer token, and
    the shared secret of Segment's signature.
    """

    workspace: str
    stream: str
    ingest_key: str = field(repr=False)
    inbound_url: str = ""
    inbound_secret: str = field(repr=False, default="")


@prepared
@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """A running portal. The last three are empty without the demonstration."""

    web: str
    ingest: str
    sandbox: str
    sign_ins: list[SignIn]
    partner_token: str = field(repr=False)
    feeds: list[FeedFacts]

    def write(self, path: Path) -> None:
        """Write the file atomically, and readable only for its owner from the start."""
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(self)))
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> RunFacts:
        """Read the file. Raises FileNotFoundError if no portal is running."""
        return msgspec.json.decode(path.read_bytes(), type=RunFacts)
