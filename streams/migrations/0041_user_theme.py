"""Users choose between light and dark pages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0040_user_time_zone")]
    operations = [
        migrations.AddField(
            "User",
            "theme",
            models.CharField(
                "theme",
                max_length=5,
                choices=[("light", "Light"), ("dark", "Dark")],
                blank=True,
                default="",
                db_default="",
            ),
        )
    ]
