"""How many events of suppressed people a feed has refused."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0066_workspace_suppression")]
    operations = [
        migrations.AddField(
            model_name="feed",
            name="suppressed",
            field=models.BigIntegerField(
                db_default=0, default=0, verbose_name="suppressed"
            ),
        ),
    ]
