"""What the database itself enforces: a published plan version and an entry of the activity
log never change, and an entry names its stream.

A version from before that column writes entries without it until it is replaced: the
database fills it in. Not on SQLite, where all processes are replaced at once.
A later migration that alters one of these tables on SQLite must create its triggers again:
Django copies the table there.
"""

from django.db import migrations

PLANS = "a published plan version never changes"
ENTRIES = "an audit entry is never changed or deleted"
STREAM = (
    "left(coalesce(NEW.detail->>'stream', CASE WHEN NEW.action = 'stream.created'"
    " THEN NEW.detail->>'slug' END, ''), 50)"
)
ON_POSTGRES = (
    f"""
    CREATE FUNCTION streams_keep_published_plan() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{PLANS}' USING ERRCODE = 'check_violation'; END $$
    """,
    """
    CREATE TRIGGER keep_published_plan BEFORE UPDATE ON streams_planversion
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION streams_keep_published_plan()
    """,
    f"""
    CREATE FUNCTION streams_keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{ENTRIES}' USING ERRCODE = 'check_violation'; END $$
    """,
    """
    CREATE TRIGGER keep_audit_entry BEFORE UPDATE OR DELETE ON streams_auditentry
    FOR EACH ROW EXECUTE FUNCTION streams_keep_audit_entry()
    """,
    f"""
    CREATE FUNCTION streams_name_stream() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.stream := {STREAM}; RETURN NEW; END $$
    """,
    """
    CREATE TRIGGER name_stream BEFORE INSERT ON streams_auditentry
    FOR EACH ROW WHEN (NEW.stream = '') EXECUTE FUNCTION streams_name_stream()
    """,
)
OFF_POSTGRES = (
    "DROP FUNCTION streams_name_stream() CASCADE",
    "DROP FUNCTION streams_keep_audit_entry() CASCADE",
    "DROP FUNCTION streams_keep_published_plan() CASCADE",
)
ON_SQLITE = (
    f"""
    CREATE TRIGGER keep_published_plan BEFORE UPDATE ON streams_planversion
    FOR EACH ROW WHEN OLD.published_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, '{PLANS}'); END
    """,
    f"""
    CREATE TRIGGER keep_audit_entry_from_update BEFORE UPDATE ON streams_auditentry
    FOR EACH ROW BEGIN SELECT RAISE(ABORT, '{ENTRIES}'); END
    """,
    f"""
    CREATE TRIGGER keep_audit_entry_from_delete BEFORE DELETE ON streams_auditentry
    FOR EACH ROW BEGIN SELECT RAISE(ABORT, '{ENTRIES}'); END
    """,
)
OFF_SQLITE = (
    "DROP TRIGGER keep_audit_entry_from_delete",
    "DROP TRIGGER keep_audit_entry_from_update",
    "DROP TRIGGER keep_published_plan",
)


def enforce(apps, schema_editor):
    on_postgres = schema_editor.connection.vendor == "postgresql"
    for statement in ON_POSTGRES if on_postgres else ON_SQLITE:
        schema_editor.execute(statement)


def stop_enforcing(apps, schema_editor):
    on_postgres = schema_editor.connection.vendor == "postgresql"
    for statement in OFF_POSTGRES if on_postgres else OFF_SQLITE:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    replaces = [
        ("streams", "0027_published_plans_are_fixed"),
        ("streams", "0035_audit_is_append_only"),
        ("streams", "0042_audit_stream_of_older_versions"),
    ]
    dependencies = [("streams", "0002_partitions_by_day")]
    operations = [migrations.RunPython(enforce, stop_enforcing)]
