"""When each person gets notices, and the digests that have them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0026_single_sign_on'),
    ]

    operations = [
        migrations.AddField(
            model_name='notice',
            name='cadence',
            field=models.CharField(choices=[('now', 'Immediately'), ('hourly', 'Hourly digest'), ('daily', 'Daily digest'), ('off', 'Off')], db_default='now', default='now', max_length=6, verbose_name='when'),
        ),
        migrations.AddField(
            model_name='notice',
            name='digest_end',
            field=models.DateTimeField(null=True, verbose_name='end of the digest'),
        ),
        migrations.CreateModel(
            name='NoticeChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('condition', models.CharField(blank=True, choices=[('attention', 'Delivery stopped'), ('retrying', "Segment isn't accepting events"), ('late', 'Events are delivered late'), ('key_unknown', 'Write key not recognized'), ('expiring_week', 'Events expire within a week'), ('expiring_day', 'Events expire within a day'), ('quarantine', 'Events are in quarantine'), ('issues', 'Many events have errors'), ('volume_stopped', 'No events arrive'), ('volume_jumped', 'Far more events arrive than usual'), ('replay_finished', 'Replay completed'), ('replay_stopped', 'Replay stopped'), ('halted', 'Delivery paused by the operator'), ('stage', 'Launch stage changed'), ('not_ready', "A part of the portal isn't ready"), ('no_beat', "Beat isn't running"), ('many_stopped', 'Many connections need attention'), ('reconcile', 'The ledger has discrepancies')], max_length=20, verbose_name='kind')),
                ('channel', models.CharField(choices=[('email', 'Email'), ('inbox', 'Inbox')], max_length=10, verbose_name='channel')),
                ('cadence', models.CharField(choices=[('now', 'Immediately'), ('hourly', 'Hourly digest'), ('daily', 'Daily digest'), ('off', 'Off')], max_length=6, verbose_name='when')),
                ('partner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.partner', verbose_name='partner')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('workspace', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.workspace', verbose_name='workspace')),
            ],
            options={
                'verbose_name': 'choice of notices',
                'verbose_name_plural': 'choices of notices',
                'constraints': [models.CheckConstraint(condition=models.Q(('partner', None), ('workspace', None), _connector='XOR'), name='choice_of_partner_or_workspace'), models.UniqueConstraint(condition=models.Q(('partner', None)), fields=('user', 'workspace', 'condition', 'channel'), name='one_choice_in_workspace'), models.UniqueConstraint(condition=models.Q(('workspace', None)), fields=('user', 'partner', 'condition', 'channel'), name='one_choice_in_partner')],
            },
        ),
    ]
