"""A workspace may require a second factor of everyone who opens its pages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0032_failing_webhooks")]
    operations = [
        migrations.AddField(
            "Workspace",
            "second_factor_required_at",
            models.DateTimeField("second factor required", null=True, blank=True),
        )
    ]
