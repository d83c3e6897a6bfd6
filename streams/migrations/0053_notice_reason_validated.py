"""The constraint of migration 0038, for the notices that were written before it."""

from django.db import migrations

from streams.base.database.safe_migrations import ValidateCheck


class Migration(migrations.Migration):
    dependencies = [("streams", "0052_notice_of_endpoint")]

    operations = [ValidateCheck("Notice", "notice_has_alert_or_other_reason")]
