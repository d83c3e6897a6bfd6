"""Acknowledged alerts, and reminders of the others."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0027_choices_and_digests'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notice',
            name='one_notice',
        ),
        migrations.AddField(
            model_name='alert',
            name='acknowledged_at',
            field=models.DateTimeField(null=True, verbose_name='acknowledged'),
        ),
        migrations.AddField(
            model_name='alert',
            name='acknowledged_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='acknowledged by'),
        ),
        migrations.AddField(
            model_name='alert',
            name='reminded_at',
            field=models.DateTimeField(null=True, verbose_name='last reminder'),
        ),
        migrations.AddField(
            model_name='notice',
            name='number',
            field=models.IntegerField(db_default=0, default=0, verbose_name='number'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='transition',
            field=models.CharField(choices=[('opened', 'Opened'), ('closed', 'Recovered'), ('remind', 'Reminder')], max_length=6, verbose_name='transition'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('alert', 'transition', 'number', 'channel', 'recipient', 'audience'), name='one_notice_of_number'),
        ),
    ]
