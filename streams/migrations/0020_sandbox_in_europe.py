from django.db import migrations, models

REGIONS = [
    ("us", "United States"),
    ("eu", "Europe (Ireland)"),
    ("sandbox", "Sandbox"),
    ("sandbox-eu", "Sandbox (Europe)"),
]


class Migration(migrations.Migration):
    dependencies = [("streams", "0019_quarantined_event")]
    operations = [
        migrations.AlterField(
            "connection", "region", models.CharField(choices=REGIONS, max_length=10)
        ),
        migrations.AlterField(
            "halt",
            "region",
            models.CharField(
                blank=True,
                choices=REGIONS,
                help_text="Empty: all regions.",
                max_length=10,
            ),
        ),
    ]
