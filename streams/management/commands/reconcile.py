from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from streams.events.data_loss.services import in_words, setback
from streams.events.models import Feed
from streams.observability.reconcile import findings


class Command(BaseCommand):
    help = (
        "Verify the ledger of every feed against its rows. Exits with 1 if a feed is"
        " inconsistent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--feed", type=int, help="ID of a feed (default: all feeds)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, feed: int | None, json: bool, **_: Any) -> None:
        feeds = Feed.objects.select_related("workspace", "stream").order_by("pk")
        if feed is not None:
            feeds = feeds.filter(pk=feed)
            if not feeds.exists():
                raise CommandError(f"There is no feed with the ID {feed}.")
        checked, events, wrong = 0, 0, list[dict[str, Any]]()
        for one in feeds.iterator(chunk_size=500):
            checked, events = checked + 1, events + one.head_seq
            if found := list(findings(one)):
                wrong.append({"feed": one.pk, "name": str(one), "findings": found})
                if not json:
                    self.stdout.write(f"feed {one.pk} ({one}): {'; '.join(found)}")
        self._end({"feeds": checked, "events": events, "wrong": wrong}, as_json=json)

    def _end(self, result: dict[str, Any], *, as_json: bool) -> None:
        count = len(result["wrong"])
        found = setback()
        result["history"] = in_words(found) if found else ""
        if as_json:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.write(
                f"Checked {result['feeds']} feeds with {result['events']} events."
                f" Inconsistent feeds: {count}."
            )
            if found:
                self.stdout.write(result["history"])
        if count or found:
            raise SystemExit(1)
