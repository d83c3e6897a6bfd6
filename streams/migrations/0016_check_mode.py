from django.db import migrations, models

MODES = [("off", "Off"), ("warn", "Warn"), ("quarantine", "Quarantine"), ("reject", "Reject")]


def checking(default, help_text):
    return models.CharField(
        "checking", choices=MODES, default=default, db_default=default, help_text=help_text, max_length=10
    )


OF_STREAM = "What becomes of an event that breaks the Segment Spec or the stream's plan. A workspace may be stricter."


class Migration(migrations.Migration):
    """Streams that exist go on unchecked until somebody decides; new ones warn."""

    dependencies = [("streams", "0015_stream_stage")]
    operations = [
        migrations.AddField("stream", "check_mode", checking("off", OF_STREAM)),
        migrations.AlterField("stream", "check_mode", checking("warn", OF_STREAM)),
        migrations.AddField(
            "workspace", "check_mode", checking("off", "Stricter than the stream's own, or the same.")
        ),
    ]
