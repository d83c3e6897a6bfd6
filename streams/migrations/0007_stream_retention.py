import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0006_halts")]
    operations = [
        migrations.AddField(
            model_name="stream",
            name="retention_days",
            field=models.PositiveSmallIntegerField(
                db_default=30,
                default=30,
                help_text="Days for which events are kept, sent or not: 14 to 365."
                " A shorter time takes effect a week later.",
                validators=[
                    django.core.validators.MinValueValidator(14),
                    django.core.validators.MaxValueValidator(365),
                ],
            ),
        ),
        migrations.AddField(
            model_name="stream",
            name="retention_shortened_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="stream",
            constraint=models.CheckConstraint(
                condition=models.Q(("retention_days__range", (14, 365))),
                name="retention_within_bounds",
            ),
        ),
    ]
