"""Replays keep the period that was asked for, beside the numbers of its events."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0045_user_signed_out")]
    operations = [
        migrations.AddField(
            "Replay", "since", models.DateTimeField("received since", null=True)
        ),
        migrations.AddField(
            "Replay", "until", models.DateTimeField("received before", null=True)
        ),
    ]
