"""The sandbox: an HTTP server that behaves like Segment, including its silent drops.

Start it with `python -m streams.sandbox --host 127.0.0.1 --port 8003` (port 0 means any
free port). It doesn't use Django, and it keeps everything in memory. One port serves the
Tracking API (`POST /v1/…`, and per region `/us/v1/…` and `/eu/v1/…`), the settings probe
(`GET /v1/projects/{writeKey}/settings`), a page like Segment's debugger (`/`) and the
control API (`/_sandbox/…`, see `streams.sandbox.debugger.control_api`). With the control API, tests
simulate slowness, outages and errors (`streams.sandbox.faults.scripts`).
"""

from __future__ import annotations
