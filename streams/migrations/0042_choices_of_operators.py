"""Choices of operators, which belong to neither a workspace nor a partner."""

from django.db import migrations, models


def forget(apps, schema_editor):
    """Delete the choices that the constraint of the previous version forbids."""
    choices = apps.get_model("streams", "NoticeChoice").objects
    choices.filter(workspace=None, partner=None).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0041_user_theme'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='noticechoice',
            name='choice_of_partner_or_workspace',
        ),
        migrations.AddConstraint(
            model_name='noticechoice',
            constraint=models.CheckConstraint(condition=models.Q(('partner', None), ('workspace', None), _connector='OR'), name='choice_of_one_place'),
        ),
        migrations.AddConstraint(
            model_name='noticechoice',
            constraint=models.UniqueConstraint(condition=models.Q(('partner', None), ('workspace', None)), fields=('user', 'condition', 'channel'), name='one_choice_of_operator'),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget),
    ]
