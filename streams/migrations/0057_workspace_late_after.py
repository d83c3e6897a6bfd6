"""When a workspace's events are late."""

from datetime import timedelta

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0056_events_that_wait")]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="late_after",
            field=models.DurationField(
                db_default=timedelta(minutes=15),
                default=timedelta(minutes=15),
                verbose_name="events are late after",
            ),
        ),
    ]
