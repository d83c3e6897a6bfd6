"""What the pages of a new stream say: complete enough to publish.

Headings in the order that most pages of Segment's catalogue have them (partner.md, 3:
pattern A); what Segment's template does not foresee stands below them as H3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.base.writing import literal
from streams.catalog.pages.kinds import Kind

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

Events reach Segment within seconds, and Segment passes them on to every destination and
warehouse that is connected to the source. To add one, open the source in Segment and
select **Add Destination**. How a destination took them is told by its **Event Delivery** tab.

### Troubleshooting

{{ troubleshooting }}

### Support

{{ support }}
"""

INTEGRATION = """\
{{ about }}

## Before the first event

- A Segment workspace in which one may add sources.
- An account of NAME whose plan includes the integration.
- An invitation to the portal, which NAME sends by e-mail.

## Connect NAME to Segment

{{ connect }}

### Regions

{{ regions }}

## What NAME sends

The events, and what is in them, are listed on the [source page](SOURCE_PAGE). They begin to
flow as soon as the connection is made. What happened before can be sent too: choose on the
portal's **Connection** page where to begin.

## What NAME takes from Segment

Nothing. NAME sends events and reads neither profiles, nor audiences, nor other sources.

## Pause, change or stop

- **Pause** holds events, and **Resume** sends them in their order. None is lost meanwhile.
- **Change** points the connection at another source or region. The portal says first how many
  events wait, and where they will go.
- **Delete** ends the connection for good.

### Retries

{{ retries }}

### Limits

{{ limits }}

## Troubleshooting

{{ troubleshooting }}

## Support

{{ support }}
"""


def starting_text(kind: Kind, stream: Stream) -> str:
    """The draft of a page that nobody has edited yet."""
    if kind == Kind.SOURCE:
        return SOURCE
    named = INTEGRATION.replace("NAME", literal(stream.name))
    return named.replace("SOURCE_PAGE", f"/docs/{stream.slug}/")
