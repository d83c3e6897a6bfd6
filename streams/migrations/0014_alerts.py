"""Tables of alerts and of the notices about them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0013_stored_figures'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('condition', models.CharField(choices=[('attention', 'Delivery stopped'), ('retrying', "Segment isn't accepting events"), ('late', 'Events are delivered late')], max_length=10, verbose_name='condition')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='reason')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('opened_at', models.DateTimeField(verbose_name='opened')),
                ('calm_since', models.DateTimeField(null=True, verbose_name='calm since')),
                ('closed_at', models.DateTimeField(null=True, verbose_name='closed')),
                ('recovered', models.BooleanField(default=False, verbose_name='recovered')),
                ('connection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='streams.connection', verbose_name='connection')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='streams.workspace', verbose_name='workspace')),
            ],
            options={
                'verbose_name': 'alert',
                'verbose_name_plural': 'alerts',
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('transition', models.CharField(choices=[('opened', 'Opened'), ('closed', 'Recovered')], max_length=6, verbose_name='transition')),
                ('channel', models.CharField(choices=[('email', 'Email')], default='email', max_length=10, verbose_name='channel')),
                ('due_at', models.DateTimeField(verbose_name='due')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('attempts', models.IntegerField(default=0, verbose_name='attempts')),
                ('claimed_until', models.DateTimeField(null=True, verbose_name='claimed until')),
                ('sent_at', models.DateTimeField(null=True, verbose_name='sent')),
                ('dropped_at', models.DateTimeField(null=True, verbose_name='dropped')),
                ('given_up_at', models.DateTimeField(null=True, verbose_name='given up')),
                ('alert', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='streams.alert', verbose_name='alert')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recipient')),
            ],
            options={
                'verbose_name': 'notice',
                'verbose_name_plural': 'notices',
            },
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['workspace', '-opened_at'], name='alert_history'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['closed_at'], name='alert_age'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('condition', 'connection'), name='one_open_alert'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('dropped_at', None), ('given_up_at', None), ('sent_at', None)), fields=['due_at'], name='notice_due'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('alert', 'transition', 'channel', 'recipient'), name='one_notice_each'),
        ),
    ]
