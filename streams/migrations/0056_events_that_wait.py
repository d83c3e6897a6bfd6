"""Events in quarantine that wait for a link of their person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0055_settings_for_user_ids")]
    operations = [
        migrations.CreateModel(
            "WaitingEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("feed_id", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=16)),
                ("rank", models.PositiveSmallIntegerField()),
                ("person", models.BinaryField(max_length=16)),
                ("user_id", models.TextField(blank=True, db_default="", default="")),
                ("event_id", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["feed_id", "digest", "rank", "event_id"],
                        name="waiting_digest",
                    ),
                    models.Index(fields=["event_id"], name="waiting_event"),
                ],
            },
        )
    ]
