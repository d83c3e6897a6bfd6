"""One open alert for each condition and subject, and the lists of partners."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("streams", "0019_alert_subject_filled")]

    operations = [
        migrations.AlterField(
            "Alert",
            "condition",
            models.CharField(
                choices=[
                    ("attention", "Delivery stopped"),
                    ("retrying", "Segment isn't accepting events"),
                    ("late", "Events are delivered late"),
                ],
                max_length=20,
                verbose_name="condition",
            ),
        ),
        migrations.RemoveConstraint("Alert", "one_open_alert"),
        migrations.AddConstraint(
            "Alert",
            models.UniqueConstraint(
                condition=Q(closed_at=None) & ~Q(subject=""),
                fields=("condition", "subject"),
                name="one_open_alert_of_subject",
            ),
        ),
        migrations.AddIndex(
            "Alert",
            models.Index(fields=["partner", "-opened_at"], name="alert_of_partner"),
        ),
        migrations.AddIndex(
            "Alert",
            models.Index(
                condition=Q(closed_at=None),
                fields=["stream", "condition"],
                name="alert_open_of_stream",
            ),
        ),
    ]
