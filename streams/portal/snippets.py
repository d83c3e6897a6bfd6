"""How to send events: text to copy, with the addresses of this installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

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

CURL = """\
curl {host}/v1/track \\
  -u "$INGEST_KEY:" \\
  -H "Content-Type: application/json" \\
  -d '{{"event": "Email Opened", "userId": "user-1"}}'"""

PYTHON = """\
# pip install segment-analytics-python
import os
import segment.analytics as analytics

analytics.write_key = os.environ["INGEST_KEY"]
analytics.host = "{host}"
analytics.track("user-1", "Email Opened", {{"campaign_name": "Spring"}})
analytics.shutdown()"""

NODE = """\
// npm install @segment/analytics-node
import {{ Analytics }} from "@segment/analytics-node"

const analytics = new Analytics({{
  writeKey: process.env.INGEST_KEY,
  host: "{host}",
}})
analytics.track({{
  userId: "user-1",
  event: "Email Opened",
  properties: {{ campaign_name: "Spring" }},
}})
await analytics.closeAndFlush()"""


@dataclass(frozen=True, slots=True)
class Snippets:
    """Examples; the keys in them are names of environment variables."""

    host: str

    @property
    def batch(self) -> str:
        return BATCH.format(host=self.host)

    @property
    def libraries(self) -> list[tuple[str, str]]:
        texts = {"curl": CURL, "Python": PYTHON, "Node": NODE}
        return [(name, text.format(host=self.host)) for name, text in texts.items()]


def snippets(request: HttpRequest) -> Snippets:
    """With the address for events; that of these pages if there is no other."""
    return Snippets(settings.INGEST_URL or request.build_absolute_uri("/").rstrip("/"))
