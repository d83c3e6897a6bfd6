"""The code of a Destination Function, which customers paste into Segment.

It runs in Segment's Node 20 without imports, and forwards each event except for write keys.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from string import Template

# Below the 5 s after which Segment stops a call, so that the error names the cause.
TIMEOUT_MS = 4_000
# The function's setting that has the inbound secret. Segment derives its name from the label.
SETTING_LABEL = "Inbound Secret"
SECRET_SETTING = "inboundSecret"  # noqa: S105  # the name of a setting


def destination_function(*, tool: str, url: str, timeout_ms: int = TIMEOUT_MS) -> str:
    """Return JavaScript that forwards events to an inbound address.

    The code has no secret: it reads the one in its setting `inboundSecret`. `tool` is the
    stream's name, in the errors that customers read in Segment.
    """
    return _source().substitute(
        tool=json.dumps(tool), url=json.dumps(url), timeout_ms=timeout_ms
    )


@cache
def _source() -> Template:
    return Template(Path(__file__).with_suffix(".js").read_text())
