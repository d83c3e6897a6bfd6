"""Export the first feed, and wait for the file: `python -m bench.load.exports`.

Prints the number of rows and the seconds as JSON.
"""

from __future__ import annotations

import json
import sys
from time import monotonic, sleep

import django

django.setup()

from streams.base.ids import public_id  # noqa: E402 - needs the app registry
from streams.events.models import Feed  # noqa: E402
from streams.exports.models import Export  # noqa: E402
from streams.exports.services import request_export  # noqa: E402
from streams.tenancy.models import User  # noqa: E402

EVERY_S = 0.2


def main() -> None:
    feed = Feed.objects.order_by("pk")[0]
    began = monotonic()
    actor = User.objects.create(email=f"{public_id()}@example.com")
    export = request_export(
        feed=feed, wanted={}, form=Export.Format.JSON_LINES, actor=actor
    )
    while export.is_running:
        sleep(EVERY_S)
        export.refresh_from_db()
    if export.state != Export.State.COMPLETE:
        sys.exit(f"The export ended as {export.state}.")
    json.dump({"rows": export.rows, "seconds": monotonic() - began}, sys.stdout)


if __name__ == "__main__":
    main()
