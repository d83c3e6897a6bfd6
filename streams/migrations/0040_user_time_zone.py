"""Users choose the time zone of the times that they see."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0039_kinds_of_webhook_endpoints")]
    operations = [
        migrations.AddField(
            "User",
            "time_zone",
            models.CharField(
                "time zone", max_length=64, blank=True, default="", db_default=""
            ),
        )
    ]
