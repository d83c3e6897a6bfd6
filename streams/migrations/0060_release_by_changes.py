"""The position of each feed with events that wait in the changes of its identity map.

The index is built while others write, and from the start if it failed.
"""

from django.db import migrations, models

INDEX = models.Index(
    fields=["feed_id", "event_id"],
    condition=models.Q(("rank", 0), models.Q(("user_id", ""), _negated=True)),
    name="waiting_with_user_id",
)


def build(apps, schema_editor):
    is_postgres = schema_editor.connection.vendor == "postgresql"
    concurrently = "CONCURRENTLY" if is_postgres else ""
    schema_editor.execute(f"DROP INDEX {concurrently} IF EXISTS waiting_with_user_id")
    schema_editor.execute(
        f"CREATE INDEX {concurrently} waiting_with_user_id ON streams_waitingevent"
        " (feed_id, event_id) WHERE rank = 0 AND NOT user_id = ''"
    )


def drop(apps, schema_editor):
    schema_editor.execute("DROP INDEX IF EXISTS waiting_with_user_id")


def find_feeds(apps, schema_editor):
    """Compare the events that wait already with all changes."""
    waiting = apps.get_model("streams", "WaitingEvent").objects
    positions = apps.get_model("streams", "ReleasePosition").objects
    positions.bulk_create(
        [
            positions.model(feed_id=feed_id, change=0)
            for feed_id in waiting.values_list("feed_id", flat=True).distinct()
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("streams", "0059_label_of_anonymous_events")]
    operations = [
        migrations.CreateModel(
            "ReleasePosition",
            fields=[
                ("feed_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("change", models.BigIntegerField()),
            ],
        ),
        migrations.RunPython(find_feeds, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(build, drop)],
            [migrations.AddIndex("WaitingEvent", INDEX)],
        ),
    ]
