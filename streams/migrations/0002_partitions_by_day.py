"""Events, seen messages and deliveries in partitions by day, on PostgreSQL.

Retention then drops tables and deletes nothing (docs/architecture.md, "Retention").
A default partition takes the rows of a day that has no partition yet.
"""

from datetime import UTC, datetime, timedelta

from django.db import migrations

TABLES = {
    # table: (partitioned by, primary key: it must contain the partition's column)
    "streams_event": ("received_at", "feed_id, seq, received_at"),
    "streams_seenmessage": ("seen_at", "digest, feed_id, seen_at"),
    "streams_delivery": ("started_at", "id, started_at"),
}


def partition(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, (column, key) in TABLES.items():
        schema_editor.execute(f"ALTER TABLE {table} RENAME TO {table}_plain")
        schema_editor.execute(
            f"CREATE TABLE {table} (LIKE {table}_plain INCLUDING DEFAULTS,"
            f" PRIMARY KEY ({key})) PARTITION BY RANGE ({column})"
        )
        schema_editor.execute(f"DROP TABLE {table}_plain CASCADE")
        schema_editor.execute(
            f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT"
        )
        # The first week; afterwards beat creates them (events/retention/past_retention.py).
        for ahead in range(8):
            day = datetime.now(UTC).date() + timedelta(days=ahead)
            schema_editor.execute(
                f"CREATE TABLE {table}_{day:%Y%m%d} PARTITION OF {table} FOR VALUES"
                f" FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')"
            )
    # LIKE omits the identity, which a partitioned table cannot have on PostgreSQL 15.
    schema_editor.execute("CREATE SEQUENCE streams_delivery_id_seq OWNED BY streams_delivery.id")
    schema_editor.execute(
        "ALTER TABLE streams_delivery ALTER id SET DEFAULT nextval('streams_delivery_id_seq')"
    )
    delivery = apps.get_model("streams", "Delivery")
    for index in delivery._meta.indexes:
        schema_editor.add_index(delivery, index)


class Migration(migrations.Migration):
    replaces = [("streams", "0002_partitions")]
    dependencies = [("streams", "0001_tables")]
    operations = [migrations.RunPython(partition, migrations.RunPython.noop)]
