from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0008_feed_expired")]
    operations = [
        migrations.AddField(
            model_name="cursor",
            name="expired",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="cursor",
            name="rejected_forgotten",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
