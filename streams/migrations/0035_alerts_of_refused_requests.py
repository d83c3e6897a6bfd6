"""Alerts about refused requests."""

from django.db import migrations, models

CHOICES = [
    ("attention", "Delivery stopped"),
    ("retrying", "Segment isn't accepting events"),
    ("late", "Events are delivered late"),
    ("key_unknown", "Write key not recognized"),
    ("expiring_week", "Events expire within a week"),
    ("expiring_day", "Events expire within a day"),
    ("quarantine", "Events are in quarantine"),
    ("issues", "Many events have errors"),
    ("volume_stopped", "No events arrive"),
    ("volume_jumped", "Far more events arrive than usual"),
    ("replay_finished", "Replay completed"),
    ("replay_stopped", "Replay stopped"),
    ("halted", "Delivery paused by the operator"),
    ("stage", "Launch stage changed"),
    ("token_expiring", "API token expires soon"),
    ("key_refused", "Requests with an invalid key are refused"),
    ("too_large", "Requests are too large"),
    ("queue_full", "The queue is full"),
    ("not_ready", "A part of the portal isn't ready"),
    ("no_beat", "Beat isn't running"),
    ("many_stopped", "Many connections need attention"),
    ("reconcile", "The ledger has discrepancies"),
]


class Migration(migrations.Migration):
    dependencies = [("streams", "0034_refused_requests")]

    operations = [
        migrations.AlterField(
            model,
            "condition",
            models.CharField(
                choices=CHOICES, max_length=20, verbose_name=name, blank=blank
            ),
        )
        for model, name, blank in (
            ("Alert", "condition", False),
            ("NoticeChoice", "kind", True),
        )
    ]
