"""Segment's own Python library, sending the same events to the same sandbox.

`python -m bench.baselines.segment_library HOST WRITE_KEY PREFIX EVENTS THREADS BATCH`;
prints the monotonic time of the first call. The library keeps events only in memory; its
queue is large enough to drop none.
"""

from __future__ import annotations

import sys
import time

from segment.analytics import Client

from bench.load import events

EVENT_BYTES = 1_000


def main() -> None:
    host, write_key, prefix, *numbers = sys.argv[1:]
    count, threads, batch = map(int, numbers)
    # Built in advance: the cost of a tool's own code is not the library's.
    made = [events.as_sent(n, EVENT_BYTES, prefix) for n in range(count)]
    client = Client(
        write_key, host=host, max_queue_size=count, thread=threads, upload_size=batch
    )
    print(time.monotonic(), flush=True)
    for event in made:
        client.track(
            event["userId"],
            event["event"],
            event["properties"],
            message_id=event["messageId"],
        )
    client.flush()
    client.join()


if __name__ == "__main__":
    main()
