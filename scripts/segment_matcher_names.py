"""Writes tests/spec/matcher_names.json: the events of Segment's own matcher.

    .venv/bin/python scripts/segment_matcher_names.py LIB_INDEX_JS

LIB_INDEX_JS is lib/index.js of the npm package analytics-events 2.2.5. Each event is listed
with its pairs of object and action. The matcher accepts the words of a pair in any order.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

TARGET = (
    Path(__file__).resolve().parent.parent / "tests" / "spec" / "matcher_names.json"
)
EVENT = re.compile(r"^  (\w+): \[\{(.*?)^  \}\]", re.DOTALL | re.MULTILINE)
PAIR = re.compile(r"object: '([^']*)',\s*action: '([^']*)'")
LICENSE = (
    "From analytics-events 2.2.5, Copyright (c) 2016 Segment.io, Inc., MIT license."
)


def main() -> None:
    """Read the package's list and write ours."""
    source = Path(sys.argv[1]).read_text()
    events = {name: PAIR.findall(pairs) for name, pairs in EVENT.findall(source)}
    content = {"license": LICENSE, "events": events}
    TARGET.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
