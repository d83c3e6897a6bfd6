"""FindingKind and FindingHour become IssueKind and IssueHour, for Django only: their tables
keep their names, so no table is locked, and the version before runs on them. Django renames
the content types and the permissions."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0003_append_only")]

    operations = [
        migrations.AlterModelTable("FindingKind", "streams_findingkind"),
        migrations.AlterModelTable("FindingHour", "streams_findinghour"),
        migrations.RenameModel("FindingKind", "IssueKind"),
        migrations.RenameModel("FindingHour", "IssueHour"),
        migrations.AlterField(
            "IssueKind",
            "feed",
            models.ForeignKey(
                "streams.Feed",
                on_delete=django.db.models.deletion.PROTECT,
                null=True,
                db_index=False,
                related_name="issue_kinds",
                verbose_name="feed",
            ),
        ),
        migrations.AlterField(
            "IssueKind",
            "stream",
            models.ForeignKey(
                "streams.Stream",
                on_delete=django.db.models.deletion.PROTECT,
                null=True,
                db_index=False,
                related_name="issue_kinds",
                verbose_name="stream",
            ),
        ),
    ]
