"""The number of a workspace's set of suppressed people, for ingest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0065_suppressed_people")]
    operations = [
        migrations.AddField(
            model_name="workspace",
            name="suppression",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
