"""When the portal began to count tracked users."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0071_uploads'),
    ]

    operations = [
        migrations.AddField(
            model_name='trackeduserskey',
            name='created_at',
            field=models.DateTimeField(null=True),
        ),
    ]
