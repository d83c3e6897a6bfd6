"""Partners' providers of single sign-on, and their email domains."""

import django.db.models.deletion
import streams.base.clock
import streams.base.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0025_alerts_for_operators'),
    ]

    operations = [
        migrations.CreateModel(
            name='SsoDomain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(max_length=253, unique=True)),
                ('created_at', models.DateTimeField(default=streams.base.clock.now)),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sso_domains', to='streams.partner')),
            ],
        ),
        migrations.CreateModel(
            name='SsoProvider',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=streams.base.ids.public_id, max_length=12, unique=True)),
                ('issuer', models.CharField(max_length=500)),
                ('client_id', models.CharField(max_length=200)),
                ('secret_ciphertext', models.BinaryField()),
                ('secret_ring_id', models.CharField(max_length=20)),
                ('role_claim', models.CharField(blank=True, max_length=100)),
                ('role_values', models.JSONField(blank=True, default=dict)),
                ('default_role', models.CharField(blank=True, choices=[('admin', 'Admin'), ('developer', 'Developer'), ('support', 'Support')], max_length=10)),
                ('tested_at', models.DateTimeField(null=True)),
                ('is_enforced', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(default=streams.base.clock.now)),
                ('partner', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='sso_provider', to='streams.partner')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('is_enforced', False), ('tested_at__isnull', False), _connector='OR'), name='sso_enforced_only_if_tested')],
            },
        ),
    ]
