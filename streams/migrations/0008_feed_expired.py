from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0007_stream_retention")]
    operations = [
        migrations.AddField(
            model_name="feed",
            name="expired_seq",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="feed",
            name="expired",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
