"""The kinds of alerts that a webhook endpoint gets messages about."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0038_webhook_endpoints_that_are_gone'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhookendpoint',
            name='conditions',
            field=models.JSONField(null=True, verbose_name='kinds of alerts'),
        ),
    ]
