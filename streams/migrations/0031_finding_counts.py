import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0030_live_request'),
    ]

    operations = [
        migrations.CreateModel(
            name='FindingKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slot', models.PositiveSmallIntegerField()),
                ('rule', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=200)),
                ('severity', models.CharField(choices=[('error', 'Error'), ('warning', 'Warning'), ('hint', 'Hint')], max_length=7)),
                ('path', models.CharField(blank=True, max_length=200)),
                ('message', models.CharField(blank=True, max_length=300)),
                ('fix', models.CharField(blank=True, max_length=300)),
                ('sample', models.TextField(blank=True)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('feed', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='finding_kinds', to='streams.feed')),
            ],
        ),
        migrations.CreateModel(
            name='FindingHour',
            fields=[
                ('pk', models.CompositePrimaryKey('kind', 'at', blank=True, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('count', models.BigIntegerField()),
                ('kind', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='streams.findingkind')),
            ],
        ),
        migrations.AddConstraint(
            model_name='findingkind',
            constraint=models.UniqueConstraint(fields=('feed', 'slot'), name='finding_slot'),
        ),
        migrations.AddConstraint(
            model_name='findingkind',
            constraint=models.UniqueConstraint(fields=('feed', 'rule', 'name'), name='finding_kind'),
        ),
        migrations.AddConstraint(
            model_name='findingkind',
            constraint=models.CheckConstraint(condition=models.Q(('slot__lte', 200)), name='finding_slot_bound'),
        ),
        migrations.AddIndex(
            model_name='findinghour',
            index=models.Index(fields=['at'], name='finding_hour_age'),
        ),
    ]
