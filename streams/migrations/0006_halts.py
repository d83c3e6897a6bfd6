import django.db.models.deletion
from django.db import migrations, models

import streams.base.clock


class Migration(migrations.Migration):
    dependencies = [("streams", "0005_weight_per_workspace")]
    operations = [
        migrations.CreateModel(
            name='Halt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('region', models.CharField(blank=True, choices=[('us', 'United States'), ('eu', 'Europe (Ireland)'), ('sandbox', 'Sandbox')], help_text='Empty: all regions.', max_length=10)),
                ('reason', models.CharField(help_text='Customers read this on their pages.', max_length=200)),
                ('created_at', models.DateTimeField(default=streams.base.clock.now)),
                ('stream', models.ForeignKey(blank=True, help_text='Empty: all streams.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='halts', to='streams.stream')),
            ],
        ),
    ]
