"""An optional time at which an API token expires."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0029_audit_about_member")]

    operations = [
        migrations.AddField(
            "PartnerToken",
            "expires_at",
            models.DateTimeField(null=True, verbose_name="expires"),
        ),
    ]
