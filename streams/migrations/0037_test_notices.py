"""Notices without an alert: tests, with the failure of their last attempt."""

import django.db.models.deletion
from django.db import migrations, models

from streams.base.database.safe_migrations import AddCheckNotValid


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0036_muted_alerts'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='failure',
            field=models.CharField(blank=True, choices=[('unreachable', "The email server doesn't respond"), ('refused', 'The email server refused the email'), ('internal', 'Internal error (operator)')], db_default='', max_length=20, verbose_name='failure'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='alert',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='streams.alert', verbose_name='alert'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='transition',
            field=models.CharField(choices=[('opened', 'Opened'), ('closed', 'Recovered'), ('remind', 'Reminder'), ('test', 'Test')], max_length=6, verbose_name='transition'),
        ),
        AddCheckNotValid(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('transition', 'test'), ('alert__isnull', False), _connector='XOR'), name='notice_has_alert_or_is_test'),
        ),
    ]
