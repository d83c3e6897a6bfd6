"""Streams choose how the userIds of events are found. Columns with constant defaults rewrite no
rows, and the previous release doesn't need them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0054_inbound_address")]
    operations = [
        migrations.AddField(
            "Stream",
            "identify_by",
            models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=60
            ),
        ),
        migrations.AddField(
            "Stream",
            "unresolved",
            models.CharField(
                choices=[
                    ("reject", "Reject the event"),
                    ("set_aside", "Set the event aside until the userId is known"),
                    ("anonymous", "Send the event with an anonymousId"),
                ],
                db_default="reject",
                default="reject",
                editable=False,
                max_length=10,
            ),
        ),
        migrations.AddField(
            "Stream",
            "check_user_ids",
            models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            "Stream",
            "anonymous_key",
            models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=32
            ),
        ),
    ]
