"""Sessions from before a user signed out everywhere are invalid."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0044_saved_filter_pages")]
    operations = [
        migrations.AddField(
            "User",
            "signed_out_at",
            models.DateTimeField("signed out", null=True, editable=False),
        )
    ]
