"""Create rows for tests, with defaults that fit together.

    feed = factories.feed()                  # with a partner, a stream and a workspace
    cursor = factories.due_cursor(events=3)  # connected, with three queued events
    cast = factories.cast()                  # Alice edits, Bob views, Charlie is elsewhere

Everything that is not given is created new each time: two feeds share nothing. Times are
`NOW`, which is in the past for the clock of any machine.
"""

from __future__ import annotations
