"""Saved filters name their list as its URL does, which has the word of the interface."""

from django.db import migrations

NEW_NAMES = {"findings": "issues", "deliveries": "attempts"}


def rename(apps, schema_editor):
    filters = apps.get_model("streams", "SavedFilter").objects
    for old, new in NEW_NAMES.items():
        filters.filter(page=old).update(page=new)


def rename_back(apps, schema_editor):
    filters = apps.get_model("streams", "SavedFilter").objects
    for old, new in NEW_NAMES.items():
        filters.filter(page=new).update(page=old)


class Migration(migrations.Migration):
    dependencies = [("streams", "0043_alerts_of_halts")]
    operations = [migrations.RunPython(rename, rename_back)]
