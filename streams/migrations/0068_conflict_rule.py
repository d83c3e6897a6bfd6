"""Streams choose which of two userIds stays. A column with a constant default rewrites no rows,
and the previous release doesn't need it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0067_feed_suppressed")]
    operations = [
        migrations.AddField(
            "Stream",
            "conflict_rule",
            models.CharField(
                choices=[
                    ("person", "A person decides"),
                    ("older", "The older userId stays"),
                    ("newest", "The newest userId replaces it"),
                ],
                db_default="person",
                default="person",
                editable=False,
                max_length=6,
            ),
        ),
    ]
