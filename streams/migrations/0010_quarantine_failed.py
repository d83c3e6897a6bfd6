"""Actions on events in quarantine that failed. A column with a constant default rewrites no
rows, and the previous release neither writes it nor works on a job that has ended."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0009_export_claim")]

    operations = [
        migrations.AddField(
            "QuarantineJob",
            "failed",
            models.BooleanField(db_default=False, default=False),
        ),
    ]
