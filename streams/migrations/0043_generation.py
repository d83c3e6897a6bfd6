import django.db.models.functions.datetime
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0042_audit_stream_of_older_versions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Generation',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('number', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('ticks', models.BigIntegerField(default=0)),
                ('ticked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('went_back_at', models.DateTimeField(null=True)),
                ('missing_from', models.DateTimeField(null=True)),
                ('missing_until', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
    ]
