"""Alerts that are muted for the people of an audience."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0035_alerts_of_refused_requests'),
    ]

    operations = [
        migrations.CreateModel(
            name='Mute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('audience', models.CharField(choices=[('workspace', 'Workspace'), ('partner', 'Partner'), ('operator', 'Operators')], max_length=10, verbose_name='audience')),
                ('muted_at', models.DateTimeField(verbose_name='muted')),
                ('until', models.DateTimeField(null=True, verbose_name='until')),
                ('alert', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mutes', to='streams.alert', verbose_name='alert')),
                ('muted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='muted by')),
            ],
            options={
                'verbose_name': 'mute of an alert',
                'verbose_name_plural': 'mutes of alerts',
                'constraints': [models.UniqueConstraint(fields=('alert', 'audience'), name='one_mute_of_audience')],
            },
        ),
    ]
