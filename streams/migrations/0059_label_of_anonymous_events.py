"""The name of a setting, which was easily confused with the lookup of userIds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0058_indexes_for_alerts")]

    operations = [
        migrations.AlterField(
            model_name="stream",
            name="allow_anonymous",
            field=models.BooleanField(
                default=False,
                help_text="Events of people who have no userId yet. Segment asks partners to send a userId with every event.",
                verbose_name="accept events with only an anonymousId",
            ),
        ),
    ]
