"""What guides say that the code knows: printed from it, so that it cannot be stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streams.base.writing import code, table
from streams.spec.calls import BATCH_PATHS, CALLS, Call


def paths() -> str:
    """Where events are posted to."""
    singles = [
        [_paths(call.name, call.letter), f"one `{call.name}` event"]
        for call in CALLS.values()
    ]
    batch = _paths(*sorted(BATCH_PATHS, key=len, reverse=True))
    return table(
        ["path", "takes"], [*singles, [batch, "a list of events under `batch`"]]
    )


def calls() -> str:
    """What each of the six calls must and may hold."""
    return table(
        ["call", "must have", "may have"],
        (
            [code(call.name), _required(call), _optional(call)]
            for call in CALLS.values()
        ),
    )


def _paths(*names: str) -> str:
    return ", ".join(code(f"/v1/{name}") for name in names)


def _required(call: Call) -> str:
    return ", ".join(code(name) for name in ("userId", call.id, call.text) if name)


def _optional(call: Call) -> str:
    names = (*call.optional_texts, *call.objects, "context", "timestamp", "messageId")
    return ", ".join(code(name) for name in names)


# By the name that stands for it in a guide, as `{{ calls }}` on a line of its own.
PARTS: Mapping[str, Callable[[], str]] = {"paths": paths, "calls": calls}
