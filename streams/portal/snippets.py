"""How to send a first event: text to copy, with this installation's address for events.

Everything else about sending stands in the quick start of the docs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from streams.base.addresses import addresses
from streams.catalog.plans.plan import EventPlan, PlannedEvent, PlannedProperty
from streams.catalog.plans.samples import sample

if TYPE_CHECKING:
    from django.http import HttpRequest

BATCH = """\
curl {host}/v1/batch \\
  -H "Authorization: Bearer $PORTAL_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{{"batch": [{event}]}}'"""
WHOSE, WHO = "your-id-of-the-customer", "the-customers-id-of-the-person"
# Where nothing is planned yet.
OPENED = PlannedEvent(
    name="Email Opened",
    properties=(PlannedProperty(path="campaign_name", example="Spring"),),
)


def batch(request: HttpRequest, plan: EventPlan | None) -> str:
    """For a terminal, with the first event of the plan that has a name, as it fits it.

    The token in it is the name of an environment variable.
    """
    named = (event for event in plan.events if event.name) if plan else iter(())
    event = sample(next(named, OPENED), user_id=WHO)
    text = json.dumps(_of_workspace(event), indent=2, ensure_ascii=False)
    # A single quote would end the text that the shell reads.
    return BATCH.format(
        host=addresses(request).ingest,
        event=text.replace("'", "'\\''").replace("\n", "\n  "),
    )


def _of_workspace(event: dict[str, Any]) -> dict[str, Any]:
    """The event and whose it is, where people look for it: after what it is."""
    first = {"type", "event", "name"}
    what = {key: value for key, value in event.items() if key in first}
    return {**what, "workspace": WHOSE, **event}
