from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0010_age_of_marks")]
    operations = [
        migrations.AddField(
            model_name="cursor",
            name="end_seq",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="cursor",
            name="ended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RemoveConstraint(model_name="cursor", name="one_live_cursor"),
        migrations.AddConstraint(
            model_name="cursor",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("connection", "kind"),
                name="one_cursor_of_each_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="cursor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_seq", None), ("ended_at", None), ("kind", "live")),
                    models.Q(
                        ("end_seq__gte", models.F("position")),
                        ("end_seq__isnull", False),
                        ("kind", "replay"),
                    ),
                    _connector="OR",
                ),
                name="replay_ends_at_its_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="cursor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_at", None), ("due_at", None), _connector="OR"
                ),
                name="ended_is_never_due",
            ),
        ),
    ]
