from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0009_cursor_expired")]
    operations = [
        migrations.AddIndex(
            model_name="feedmark",
            index=models.Index(fields=["at"], name="feed_mark_age"),
        ),
        migrations.AddIndex(
            model_name="cursormark",
            index=models.Index(fields=["at"], name="cursor_mark_age"),
        ),
    ]
