"""Webhook endpoints of workspaces and partners, and their messages."""

import django.db.models.deletion
import streams.base.clock
import streams.base.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0023_alert_conditions'),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=streams.base.ids.public_id, max_length=12, unique=True, verbose_name='ID')),
                ('kind', models.CharField(choices=[('webhook', 'Signed webhook'), ('slack', 'Slack, or compatible')], max_length=10, verbose_name='kind')),
                ('description', models.CharField(blank=True, max_length=100, verbose_name='description')),
                ('sealed', models.BinaryField()),
                ('key_ring_id', models.CharField(editable=False, max_length=20, verbose_name='encryption key')),
                ('shown_url', models.CharField(max_length=300, verbose_name='URL')),
                ('previous_secret_until', models.DateTimeField(null=True, verbose_name='old secret used until')),
                ('failing_since', models.DateTimeField(null=True, verbose_name='failing since')),
                ('created_at', models.DateTimeField(default=streams.base.clock.now, verbose_name='created')),
                ('partner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='webhook_endpoints', to='streams.partner', verbose_name='partner')),
                ('workspace', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='webhook_endpoints', to='streams.workspace', verbose_name='workspace')),
            ],
            options={
                'verbose_name': 'webhook endpoint',
                'verbose_name_plural': 'webhook endpoints',
            },
        ),
        migrations.CreateModel(
            name='WebhookMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=streams.base.ids.public_id, max_length=12, unique=True, verbose_name='ID')),
                ('transition', models.CharField(choices=[('opened', 'Opened'), ('closed', 'Closed'), ('test', 'Test')], max_length=6, verbose_name='transition')),
                ('body', models.TextField(blank=True, verbose_name='body')),
                ('created_at', models.DateTimeField(default=streams.base.clock.now, verbose_name='created')),
                ('due_at', models.DateTimeField(verbose_name='due')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('attempts', models.IntegerField(default=0, verbose_name='attempts')),
                ('claimed_until', models.DateTimeField(null=True, verbose_name='claimed until')),
                ('attempted_at', models.DateTimeField(null=True, verbose_name='last attempt')),
                ('duration_ms', models.IntegerField(null=True, verbose_name='duration in ms')),
                ('status', models.IntegerField(null=True, verbose_name='response')),
                ('failure', models.CharField(blank=True, choices=[('unknown_name', 'Unknown host'), ('not_public', 'Not a public address'), ('unreachable', 'No connection'), ('tls', 'TLS error'), ('timeout', 'Timeout'), ('not_http', 'Invalid response'), ('unreadable', 'Encryption key missing (operator)'), ('refused', 'URL not allowed'), ('internal', 'Internal error (operator)')], max_length=20, verbose_name='failure')),
                ('delivered_at', models.DateTimeField(null=True, verbose_name='delivered')),
                ('dropped_at', models.DateTimeField(null=True, verbose_name='dropped')),
                ('given_up_at', models.DateTimeField(null=True, verbose_name='given up')),
                ('alert', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='webhook_messages', to='streams.alert', verbose_name='alert')),
                ('endpoint', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='streams.webhookendpoint', verbose_name='webhook endpoint')),
            ],
            options={
                'verbose_name': 'webhook message',
                'verbose_name_plural': 'webhook messages',
            },
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('partner', None), ('workspace__isnull', False)), models.Q(('partner__isnull', False), ('workspace', None)), _connector='OR'), name='webhook_endpoint_has_one_owner'),
        ),
        migrations.AddIndex(
            model_name='webhookmessage',
            index=models.Index(fields=['endpoint', '-id'], name='webhook_message_list'),
        ),
        migrations.AddIndex(
            model_name='webhookmessage',
            index=models.Index(condition=models.Q(('delivered_at', None), ('dropped_at', None), ('given_up_at', None)), fields=['endpoint', 'id'], name='webhook_message_due'),
        ),
        migrations.AddConstraint(
            model_name='webhookmessage',
            constraint=models.UniqueConstraint(fields=('endpoint', 'alert', 'transition'), name='one_webhook_message'),
        ),
    ]
