"""The phases of delivery attempts, and the headers of failed ones. Columns without or with a
constant default rewrite no rows, and the previous release writes none of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0010_quarantine_failed")]

    operations = [
        migrations.AddField(
            "Delivery",
            "connect_ms",
            models.IntegerField(null=True, verbose_name="connecting (ms)"),
        ),
        migrations.AddField(
            "Delivery",
            "first_byte_ms",
            models.IntegerField(null=True, verbose_name="first byte after (ms)"),
        ),
        migrations.AddField(
            "Delivery",
            "headers",
            models.TextField(
                blank=True, db_default="", default="", verbose_name="headers"
            ),
        ),
    ]
