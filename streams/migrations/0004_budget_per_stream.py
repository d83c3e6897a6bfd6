import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0003_one_connection_per_write_key")]
    operations = [
        migrations.AddField(
            model_name='stream',
            name='requests_per_second',
            field=models.PositiveIntegerField(db_default=50, default=50, help_text="Segment grants a partner's tool 50. More only where Segment has agreed to it.", validators=[django.core.validators.MinValueValidator(1)]),
        ),
    ]
