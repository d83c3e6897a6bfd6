"""The local Segment: a real HTTP server that behaves as Segment behaves, silences included.

Started with `python -m streams.sandbox --host 127.0.0.1 --port 8003` (port 0: any
free one). It knows no Django and keeps all it has in memory. Behind one port stand the
Tracking API (`POST /v1/…`, and per region `/us/v1/…`, `/eu/v1/…`), the settings probe
(`GET /v1/projects/{writeKey}/settings`), a page like Segment's debugger (`/`) and the
control API (`/_sandbox/…`, told in `streams.sandbox.control`), by which a test makes it
slow, dead or wrong (`streams.sandbox.scripts`).
"""

from __future__ import annotations
