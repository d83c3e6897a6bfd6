from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0011_cursor_end")]
    operations = [
        migrations.AddField(
            model_name="cursor",
            name="troubled_seq",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="cursor",
            name="troubled_at",
            field=models.DateTimeField(null=True),
        ),
    ]
