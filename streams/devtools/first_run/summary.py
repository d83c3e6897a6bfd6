"""The summary that `manage.py up` prints once everything is ready."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from streams.base.outbox import outbox_folder

if TYPE_CHECKING:
    from streams.devtools.run_file import RunFacts


def summary(facts: RunFacts, run_file: Path) -> str:
    """Return the addresses, the accounts with their passwords, and the next step.

    Contains no tokens.
    """
    lines = [
        "",
        "  The Partner Portal is up. Ctrl-C stops it.",
        "",
        f"    Portal     {facts.web}/",
        f"    Admin      {facts.web}/admin/",
        *_outbox(facts),
        f"    Ingest     {facts.ingest}/v1/batch",
        f"    Sandbox    {facts.sandbox}/  (a stand-in for Segment)",
        f"    Scripts    {run_file}",
        "",
    ]
    if facts.sign_ins:
        next_step = (
            "  Next, in another terminal: make demo  (sends one day of email events)"
        )
        lines += ["  Sign in as", "", *_sign_ins(facts), "", next_step, ""]
    return "\n".join(lines)


def _outbox(facts: RunFacts) -> list[str]:
    if outbox_folder() is None:
        return []
    return [f"    Emails     {facts.web}/admin/outbox/  (kept there, not sent)"]


def _sign_ins(facts: RunFacts) -> list[str]:
    roles = max(len(one.role) for one in facts.sign_ins)
    emails = max(len(one.email) for one in facts.sign_ins)
    return [
        f"    {one.role:<{roles}}  {one.email:<{emails}}  {one.password}"
        for one in facts.sign_ins
    ]
