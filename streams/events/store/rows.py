"""Row types of the log, as they are written and read."""

from __future__ import annotations

from datetime import datetime

# feed_id, seq, received_at, type, name, user_id, message_id, payload
EventRow = tuple[int, int, datetime, str, str, str, str, bytes]
EVENT_COLUMNS = "feed_id, seq, received_at, type, name, user_id, message_id, payload"

# feed_id, received_at, type, name, user_id, message_id, rule, payload
QuarantineRow = tuple[int, datetime, str, str, str, str, str, bytes]
QUARANTINE_COLUMNS = (
    "feed_id, received_at, type, name, user_id, message_id, rule, payload"
)

SeenRow = tuple[bytes, int, datetime]  # digest, feed_id, seen_at
SEEN_COLUMNS = "digest, feed_id, seen_at"

LogRow = tuple[int, datetime, bytes | memoryview]  # seq, received_at, payload

FeedRow = tuple[int, int, datetime | None]  # id, head_seq, head_at
HeadRow = tuple[int, int, datetime]  # feed_id, head_seq, head_at

MarkRow = tuple[int, datetime, int]  # feed_id, the start of a quarter, seq before it
MARK_COLUMNS = "feed_id, at, seq"
