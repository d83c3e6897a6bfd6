from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0032_internal_tokens")]
    operations = [
        migrations.AddField(
            model_name="auditentry",
            name="stream",
            field=models.CharField(blank=True, db_default="", max_length=50),
        ),
    ]
