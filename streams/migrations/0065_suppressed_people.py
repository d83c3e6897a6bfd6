"""Suppressed people. Feeds and workspaces have no constraint, so their tables are not locked."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import streams.base.clock
import streams.base.ids


class Migration(migrations.Migration):
    dependencies = [("streams", "0064_tracked_users")]
    operations = [
        migrations.CreateModel(
            name='SuppressedPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=streams.base.ids.public_id, max_length=12, unique=True)),
                ('hint', models.CharField(max_length=8, verbose_name='digest')),
                ('origin', models.CharField(choices=[('page', 'Portal'), ('api', 'API'), ('command', 'Operator'), ('inbound', 'Event from Segment')], max_length=7, verbose_name='suppressed by')),
                ('suppressed_at', models.DateTimeField(default=streams.base.clock.now, verbose_name='suppressed')),
                ('feed', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.feed', verbose_name='feed')),
                ('suppressed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='member')),
                ('workspace', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.workspace', verbose_name='workspace')),
            ],
            options={
                'verbose_name': 'suppressed person',
                'verbose_name_plural': 'suppressed people',
            },
        ),
        migrations.CreateModel(
            name='SuppressedKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(max_length=16)),
                ('key_id', models.CharField(max_length=20)),
                ('linked_in', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.feed')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='streams.suppressedperson')),
            ],
            options={
                'indexes': [models.Index(fields=['digest'], name='suppressed_digest')],
                'constraints': [models.UniqueConstraint(fields=('person', 'digest'), name='one_suppressed_key')],
            },
        ),
    ]
