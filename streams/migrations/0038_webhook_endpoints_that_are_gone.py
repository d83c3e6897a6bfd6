"""Webhook endpoints that responded 410 Gone, and the notices about them."""

import django.db.models.deletion
from django.db import migrations, models

from streams.base.database.safe_migrations import AddCheckNotValid


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0037_test_notices'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notice',
            name='notice_has_alert_or_is_test',
        ),
        migrations.AddField(
            model_name='notice',
            name='endpoint',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.webhookendpoint', verbose_name='webhook endpoint'),
        ),
        migrations.AddField(
            model_name='webhookendpoint',
            name='gone_at',
            field=models.DateTimeField(null=True, verbose_name='disabled'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='transition',
            field=models.CharField(choices=[('opened', 'Opened'), ('closed', 'Recovered'), ('remind', 'Reminder'), ('test', 'Test'), ('gone', 'Webhook endpoint disabled')], max_length=6, verbose_name='transition'),
        ),
        AddCheckNotValid(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('transition__in', ['test', 'gone']), ('alert__isnull', False), _connector='XOR'), name='notice_has_alert_or_other_reason'),
        ),
    ]
