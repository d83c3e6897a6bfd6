"""Notices in the inbox of a person, with the place that they are about."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0020_alert_of_a_subject'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='alerts',
            field=models.IntegerField(db_default=1, default=1, verbose_name='alerts'),
        ),
        migrations.AddField(
            model_name='notice',
            name='partner',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.partner', verbose_name='partner'),
        ),
        migrations.AddField(
            model_name='notice',
            name='read_at',
            field=models.DateTimeField(null=True, verbose_name='read'),
        ),
        migrations.AddField(
            model_name='notice',
            name='workspace',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.workspace', verbose_name='workspace'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='channel',
            field=models.CharField(choices=[('email', 'Email'), ('inbox', 'Inbox')], default='email', max_length=10, verbose_name='channel'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('channel', 'inbox')), fields=['recipient', '-sent_at'], name='notice_inbox'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('channel', 'inbox'), ('read_at', None)), fields=['recipient'], name='notice_unread'),
        ),
    ]
