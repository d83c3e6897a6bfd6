"""The starting texts of a new stream's docs pages, complete enough to publish.

The headings have the order of most pages in Segment's catalog (partner.md, 3: pattern A).
Sections that Segment's template doesn't have are below them as H3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.base.text.markdown_writer import literal
from streams.catalog.pages.page_kinds import PageKind

if TYPE_CHECKING:
    from streams.catalog.models import Stream

SOURCE = """\
{{ about }}

## Getting started

{{ connect }}

### Regions

{{ regions }}

## Stream

{{ identity }}

### Limits

{{ limits }}

### Retries

{{ retries }}

## Events

{{ events }}

### Changes

{{ changes }}

## Event properties

{{ properties }}

## Adding destinations

Events reach Segment within seconds, and Segment forwards them to every destination and
warehouse that is connected to the source. To add one, open the source in Segment and
select **Add Destination**. The destination's **Event Delivery** tab shows whether it received
the events.

### Troubleshooting

{{ troubleshooting }}

### Support

{{ support }}
"""

INTEGRATION = """\
{{ about }}

## Prerequisites

- A Segment workspace in which you can add sources.
- A NAME account with a plan that includes the integration.
- An invitation to the portal, which NAME sends by email.

## Connect NAME to Segment

{{ connect }}

### Regions

{{ regions }}

## Events from NAME

See the [source page](SOURCE_PAGE) for the events and their properties. NAME sends events as
soon as you connect. To include earlier events, choose a start time on the portal's
**Connection** page.

## Data read from Segment

Nothing. NAME only sends events. It doesn't read profiles, audiences, or other sources.

## Pause, change, or delete the connection

- **Pause delivery** queues new events, and **Resume delivery** sends them in order. No events are lost.
- **Change key or region** connects another source or region. Before you confirm, the portal shows how many
  events are queued and where they will be sent.
- **Delete** ends the connection permanently.

### Retries

{{ retries }}

### Limits

{{ limits }}

## Troubleshooting

{{ troubleshooting }}

## Support

{{ support }}
"""


def starting_text(kind: PageKind, stream: Stream) -> str:
    """Return the text of a page that was never edited."""
    if kind == PageKind.SOURCE:
        return SOURCE
    named = INTEGRATION.replace("NAME", literal(stream.name))
    return named.replace("SOURCE_PAGE", f"/docs/{stream.slug}/")
