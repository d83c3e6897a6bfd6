"""Commands that send a first event, with the address of this installation.

The quick start in the docs covers the rest.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from streams.base.public_urls import addresses
from streams.catalog.plans.plan import PlannedEvent, PlannedProperty
from streams.catalog.plans.samples import sample

if TYPE_CHECKING:
    from django.http import HttpRequest

BATCH = """\
curl {host}/v1/batch \\
  -H "Authorization: Bearer $PORTAL_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{{"batch": [{event}]}}'"""
WHOSE, WHO = "your-id-for-the-customer", "the-customers-id-for-the-person"
PERSON = {"id": "your-id-for-the-person", "email": "alice@example.com"}
# Used while the tracking plan has no named event.
OPENED = PlannedEvent(
    name="Email Opened",
    properties=(PlannedProperty(path="campaign_name", example="Spring"),),
)


def batch(
    request: HttpRequest,
    planned: PlannedEvent | None,
    workspace: str = "",
    *,
    names_person: bool = False,
) -> str:
    """Return a shell command that sends this event; None: one of the Spec.

    `workspace` is its external ID; empty: a placeholder to replace. With `names_person`, the
    event has identifiers instead of a userId. The token is an environment variable.
    """
    event = sample(planned or OPENED, user_id=WHO)
    if names_person:
        event = {key: value for key, value in event.items() if key != "userId"} | {
            "person": PERSON
        }
    text = json.dumps(
        _of_workspace(event, workspace or WHOSE), indent=2, ensure_ascii=False
    )
    # A single quote would end the string in the shell.
    return BATCH.format(
        host=addresses(request).ingest,
        event=text.replace("'", "'\\''").replace("\n", "\n  "),
    )


def _of_workspace(event: dict[str, Any], workspace: str) -> dict[str, Any]:
    """Add the workspace to the event, right after its type and name."""
    first = {"type", "event", "name"}
    what = {key: value for key, value in event.items() if key in first}
    return {**what, "workspace": workspace, **event}
