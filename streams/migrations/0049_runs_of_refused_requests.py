"""The latest run of refused requests with a key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0048_alert_states_filled")]

    operations = [
        migrations.AddField(
            model_name="refusedrequests",
            name="run_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="refusedrequests",
            name="run_count",
            field=models.BigIntegerField(null=True),
        ),
    ]
