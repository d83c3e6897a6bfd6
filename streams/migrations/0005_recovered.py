"""Rejected events that a replay delivered later. Replays before this version are not
examined: their events stay rejected. Adding nullable columns, or columns with a constant
default, rewrites no rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0004_issue_kind")]

    operations = [
        migrations.AddField(
            "Cursor",
            "recovered",
            models.BigIntegerField(db_default=0, default=0, verbose_name="recovered"),
        ),
        migrations.AddField(
            "Cursor",
            "recovered_forgotten",
            models.BigIntegerField(
                db_default=0, default=0, verbose_name="recovered, details deleted"
            ),
        ),
        migrations.AddField(
            "Rejection",
            "recovered_at",
            models.DateTimeField(null=True, verbose_name="recovered"),
        ),
        migrations.AddField(
            "Rejection",
            "recovered_by",
            models.ForeignKey(
                "streams.Cursor",
                on_delete=django.db.models.deletion.PROTECT,
                null=True,
                db_constraint=False,
                db_index=False,
                related_name="+",
                verbose_name="recovered by",
            ),
        ),
    ]
