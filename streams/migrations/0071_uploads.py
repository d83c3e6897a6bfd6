"""Files with userIds and the progress of reading them. New tables only."""

import django.db.models.deletion
import streams.base.clock
import streams.base.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0070_inbound_suppression'),
    ]

    operations = [
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=streams.base.ids.public_id, max_length=12, unique=True)),
                ('format', models.CharField(blank=True, choices=[('csv', 'CSV'), ('jsonl', 'JSON Lines')], max_length=5)),
                ('state', models.CharField(choices=[('receiving', 'Uploading'), ('checking', 'Checking'), ('checked', 'Checked'), ('applying', 'Applying'), ('applied', 'Applied'), ('failed', 'Failed')], default='receiving', max_length=9)),
                ('failure', models.CharField(blank=True, choices=[('empty', 'The file is empty.'), ('encoding', "The file isn't UTF-8 text. Save it as CSV UTF-8."), ('array', 'The file is a JSON array. Write one object per line, without brackets.'), ('no_user_id', 'The first line has no column userId.'), ('no_identifier', 'The first line has no column with an identifier, such as id or email.'), ('erased', 'A person was erased meanwhile. Upload a file without them.'), ('error', 'The portal failed to read the file. Tell its operator.')], max_length=13)),
                ('requested_at', models.DateTimeField(default=streams.base.clock.now)),
                ('size_bytes', models.BigIntegerField()),
                ('received_bytes', models.BigIntegerField(default=0)),
                ('parts', models.IntegerField(default=0)),
                ('columns', models.JSONField(null=True)),
                ('delimiter', models.CharField(blank=True, max_length=1)),
                ('part', models.IntegerField(default=0)),
                ('offset', models.BigIntegerField(default=0)),
                ('line', models.BigIntegerField(default=0)),
                ('read_bytes', models.BigIntegerField(default=0)),
                ('is_read', models.BooleanField(default=False)),
                ('checked', models.JSONField(default=dict)),
                ('applied', models.JSONField(default=dict)),
                ('reports', models.IntegerField(default=0)),
                ('reported', models.BigIntegerField(default=0)),
                ('worked_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('feed', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='streams.feed')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='CheckedLink',
            fields=[
                ('pk', models.CompositePrimaryKey('upload', 'digest', blank=True, editable=False, primary_key=True, serialize=False)),
                ('digest', models.BinaryField(max_length=16)),
                ('user_id', models.TextField()),
                ('upload', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.upload')),
            ],
        ),
        migrations.CreateModel(
            name='UploadPart',
            fields=[
                ('pk', models.CompositePrimaryKey('upload', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField()),
                ('data', models.BinaryField()),
                ('upload', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.upload')),
            ],
        ),
        migrations.CreateModel(
            name='UploadReport',
            fields=[
                ('pk', models.CompositePrimaryKey('upload', 'number', blank=True, editable=False, primary_key=True, serialize=False)),
                ('number', models.IntegerField()),
                ('data', models.BinaryField()),
                ('upload', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='streams.upload')),
            ],
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(condition=models.Q(('state__in', ['checking', 'applying'])), fields=['worked_at'], name='upload_to_do'),
        ),
        migrations.AddIndex(
            model_name='upload',
            index=models.Index(fields=['expires_at'], name='upload_age'),
        ),
        migrations.AddConstraint(
            model_name='upload',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['applied', 'failed']), _negated=True), fields=('feed',), name='one_open_upload'),
        ),
    ]
