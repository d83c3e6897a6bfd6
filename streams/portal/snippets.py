"""How to send a first event: text to copy, with this installation's address for events.

Everything else about sending stands in the quick start of the docs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.base.addresses import addresses

if TYPE_CHECKING:
    from django.http import HttpRequest

BATCH = """\
curl {host}/v1/batch \\
  -H "Authorization: Bearer $PORTAL_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{{"batch": [{{
    "type": "track",
    "event": "Email Opened",
    "workspace": "your-id-of-the-customer",
    "userId": "the-customers-id-of-the-person",
    "properties": {{"campaign_name": "Spring"}}
  }}]}}'"""


def batch(request: HttpRequest) -> str:
    """For a terminal. The token in it is the name of an environment variable."""
    return BATCH.format(host=addresses(request).ingest)
