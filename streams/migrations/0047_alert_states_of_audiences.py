"""What each audience of an alert has done about it. Until now, one state counted for all."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0046_replay_period")]

    operations = [
        migrations.CreateModel(
            name='AudienceState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('audience', models.CharField(choices=[('workspace', 'Workspace'), ('partner', 'Partner'), ('operator', 'Operators')], max_length=10, verbose_name='audience')),
                ('acknowledged_at', models.DateTimeField(null=True, verbose_name='acknowledged')),
                ('reminded_at', models.DateTimeField(null=True, verbose_name='last reminder')),
                ('acknowledged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='acknowledged by')),
                ('alert', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='states', to='streams.alert', verbose_name='alert')),
            ],
            options={
                'verbose_name': 'state of an alert for an audience',
                'verbose_name_plural': 'states of alerts for audiences',
                'constraints': [models.UniqueConstraint(fields=('alert', 'audience'), name='one_state_of_audience')],
            },
        ),
    ]
