from django.db import migrations, models

STAGES = [("draft", "Draft"), ("submitted", "Submitted"), ("approved", "Approved"), ("in_qa", "In QA"), ("live", "Live"), ("suspended", "Suspended")]


def stage(default):
    return models.CharField(choices=STAGES, default=default, db_default=default, max_length=10)


class Migration(migrations.Migration):
    """Streams that exist deliver already: they are live. New ones begin as a draft."""

    dependencies = [("streams", "0014_plan_version")]
    operations = [
        migrations.AddField("stream", "stage", stage("live")),
        migrations.AlterField("stream", "stage", stage("draft")),
    ]
