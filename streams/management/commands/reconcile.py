from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from streams.alerts.evaluation import report_discrepancies
from streams.base.database.database_time import database_now
from streams.events.data_loss.services import in_words, setback
from streams.events.models import Feed
from streams.observability.reconcile import inconsistencies


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
        for each in feeds.iterator(chunk_size=500):
            checked, events = checked + 1, events + each.head_seq
            if texts := inconsistencies(each):
                wrong.append({"feed": each.pk, "name": str(each), "findings": texts})
                if not json:
                    self.stdout.write(f"feed {each.pk} ({each}): {'; '.join(texts)}")
        if feed is None:
            report_discrepancies(len(wrong), database_now())
        self._end({"feeds": checked, "events": events, "wrong": wrong}, as_json=json)

    def _end(self, result: dict[str, Any], *, as_json: bool) -> None:
        count = len(result["wrong"])
        data_loss = setback()
        result["history"] = in_words(data_loss) if data_loss else ""
        if as_json:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.write(
                f"Checked {result['feeds']} feeds with {result['events']} events."
                f" Inconsistent feeds: {count}."
            )
            if data_loss:
                self.stdout.write(result["history"])
        if count or data_loss:
            raise SystemExit(1)
