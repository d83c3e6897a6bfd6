import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0035_audit_is_append_only'),
    ]

    operations = [
        migrations.AddField(
            model_name='findingkind',
            name='stream',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='finding_kinds', to='streams.stream'),
        ),
        migrations.AlterField(
            model_name='findingkind',
            name='feed',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='finding_kinds', to='streams.feed'),
        ),
        migrations.AddConstraint(
            model_name='findingkind',
            constraint=models.UniqueConstraint(fields=('stream', 'slot'), name='finding_slot_of_stream'),
        ),
        migrations.AddConstraint(
            model_name='findingkind',
            constraint=models.UniqueConstraint(fields=('stream', 'rule', 'name'), name='finding_kind_of_stream'),
        ),
        migrations.AddConstraint(
            model_name='findingkind',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('feed', None), ('stream__isnull', False)), models.Q(('feed__isnull', False), ('stream', None)), _connector='OR'), name='finding_of_feed_or_stream'),
        ),
    ]
