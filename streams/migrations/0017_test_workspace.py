from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0016_check_mode")]
    operations = [
        migrations.AddField(
            "workspace",
            "is_test",
            models.BooleanField(
                "test workspace",
                default=False,
                db_default=False,
                help_text="The partner's own, to try the stream with: delivered to before"
                " the stream is approved, and what its QA looks at.",
            ),
        ),
    ]
