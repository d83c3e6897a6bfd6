import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0028_qa_run'),
    ]

    operations = [
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('build_on', models.DateField(verbose_name='building starts')),
                ('qa_on', models.DateField(verbose_name='QA starts')),
                ('launch_on', models.DateField(verbose_name='launch')),
                ('notes', models.TextField(blank=True, max_length=2000)),
                ('submitted_at', models.DateTimeField()),
                ('decision', models.CharField(blank=True, choices=[('approved', 'Approved'), ('sent_back', 'Sent back')], max_length=9)),
                ('decided_at', models.DateTimeField(null=True)),
                ('comment', models.TextField(blank=True, max_length=2000)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('plan_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='streams.planversion')),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='streams.stream')),
                ('submitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('decided_at', None)), fields=('stream',), name='one_undecided_submission'), models.CheckConstraint(condition=models.Q(('qa_on__gte', models.F('build_on')), ('launch_on__gte', models.F('qa_on'))), name='submission_dates_in_order')],
            },
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('approved', 'Approved'), ('in_qa', 'In QA'), ('live', 'Live'), ('suspended', 'Suspended')], max_length=10)),
                ('reason', models.CharField(max_length=500)),
                ('suspended_at', models.DateTimeField()),
                ('resumed_at', models.DateTimeField(null=True)),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to='streams.stream')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('resumed_at', None)), fields=('stream',), name='one_open_suspension')],
            },
        ),
    ]
