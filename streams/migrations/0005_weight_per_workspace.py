import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0004_budget_per_stream")]
    operations = [
        migrations.AddField(
            model_name='workspace',
            name='weight',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, help_text='Turns to send in each round, where others wait too.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)]),
        ),
    ]
