import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0018_feed_quarantine")]
    operations = [
        migrations.CreateModel(
            name="QuarantinedEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received_at", models.DateTimeField()),
                ("type", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=200)),
                ("user_id", models.CharField(max_length=200)),
                ("message_id", models.CharField(max_length=100)),
                ("rule", models.CharField(max_length=40)),
                ("payload", models.BinaryField()),
                (
                    "feed",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="streams.feed",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["feed", "id"], name="quarantine_order"),
                    models.Index(fields=["feed", "rule", "name"], name="quarantine_counts"),
                ],
            },
        ),
    ]
