"""Alerts about the portal, and their notices to operators."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0024_webhooks")]

    operations = [
        migrations.AlterField(
            "Alert",
            "condition",
            models.CharField(
                choices=[
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
                    ("not_ready", "A part of the portal isn't ready"),
                    ("no_beat", "Beat isn't running"),
                    ("many_stopped", "Many connections need attention"),
                    ("reconcile", "The ledger has discrepancies"),
                ],
                max_length=20,
                verbose_name="condition",
            ),
        ),
        migrations.AlterField(
            "Notice",
            "audience",
            models.CharField(
                choices=[
                    ("workspace", "Workspace"),
                    ("partner", "Partner"),
                    ("operator", "Operators"),
                ],
                db_default="workspace",
                default="workspace",
                max_length=10,
                verbose_name="audience",
            ),
        ),
    ]
