"""Notices to partners, of which there is one for many alerts."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0014_alerts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notice',
            name='one_notice_each',
        ),
        migrations.AddField(
            model_name='notice',
            name='audience',
            field=models.CharField(choices=[('workspace', 'Workspace'), ('partner', 'Partner')], db_default='workspace', default='workspace', max_length=10, verbose_name='audience'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('alert', 'transition', 'channel', 'recipient', 'audience'), name='one_notice'),
        ),
    ]
