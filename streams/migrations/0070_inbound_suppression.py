"""Counts of suppressions at inbound addresses, and whether deleted people are suppressed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0069_erasures")]
    operations = [
        migrations.AddField(
            model_name="inboundaddress",
            name="suppressions",
            field=models.BigIntegerField(
                db_default=0, default=0, verbose_name="suppressions and their ends"
            ),
        ),
        migrations.AddField(
            model_name="inboundaddress",
            name="suppressed",
            field=models.BigIntegerField(
                db_default=0, default=0, verbose_name="of suppressed people"
            ),
        ),
        migrations.AddField(
            model_name="inboundaddress",
            name="suppresses_deleted",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="suppress deleted people"
            ),
        ),
    ]
