from django.db import migrations, models


def count():
    return models.BigIntegerField(db_default=0, default=0)


class Migration(migrations.Migration):
    dependencies = [("streams", "0017_test_workspace")]
    operations = [
        migrations.AddField("feed", "quarantined", count()),
        migrations.AddField("feed", "discarded", count()),
        migrations.AddField("feed", "quarantine_expired", count()),
    ]
