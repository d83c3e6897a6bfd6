"""The subject of an alert, which is no longer always a connection."""

import django.db.models.deletion
from django.db import migrations, models

CASCADE = django.db.models.deletion.CASCADE
PROTECT = django.db.models.deletion.PROTECT


def link(to, name, on_delete, **options):
    return models.ForeignKey(
        db_index=False,
        null=True,
        on_delete=on_delete,
        to=to,
        verbose_name=name,
        **{"related_name": "+", **options},
    )


class Migration(migrations.Migration):
    dependencies = [("streams", "0017_audit_by_member")]

    operations = [
        migrations.AlterField(
            "Alert",
            "connection",
            link("streams.connection", "connection", PROTECT, related_name="alerts"),
        ),
        migrations.AlterField(
            "Alert",
            "workspace",
            link("streams.workspace", "workspace", PROTECT, related_name="alerts"),
        ),
        migrations.AddField(
            "Alert",
            "subject",
            models.CharField(db_default="", max_length=60, verbose_name="subject"),
        ),
        migrations.AddField("Alert", "feed", link("streams.feed", "feed", CASCADE)),
        migrations.AddField(
            "Alert", "stream", link("streams.stream", "stream", CASCADE)
        ),
        migrations.AddField(
            "Alert", "partner", link("streams.partner", "partner", CASCADE)
        ),
        migrations.AddField(
            "Alert", "count", models.BigIntegerField(null=True, verbose_name="count")
        ),
    ]
