from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0025_quarantine_job")]
    operations = [
        migrations.AddField(
            "stream",
            "spec_readings",
            models.JSONField(
                default=list, db_default=models.Value([], models.JSONField()), editable=False
            ),
        ),
    ]
