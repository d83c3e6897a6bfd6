"""The version before `stream` writes audit entries without it until it is replaced: the
database fills it in. Not on SQLite, where all processes are replaced at once."""

from django.db import migrations

NAMED = (
    "left(coalesce({row}.detail->>'stream', CASE WHEN {row}.action = 'stream.created'"
    " THEN {row}.detail->>'slug' END, ''), 50)"
)
STATEMENTS = (
    f"""
    CREATE FUNCTION streams_name_stream() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.stream := {NAMED.format(row="NEW")}; RETURN NEW; END $$
    """,
    """
    CREATE TRIGGER name_stream BEFORE INSERT ON streams_auditentry
    FOR EACH ROW WHEN (NEW.stream = '') EXECUTE FUNCTION streams_name_stream()
    """,
    # What was written until now; only those of a stream itself are looked up by it.
    "ALTER TABLE streams_auditentry DISABLE TRIGGER keep_audit_entry",
    f"""
    UPDATE streams_auditentry entry SET stream = {NAMED.format(row="entry")}
    WHERE stream = '' AND workspace_id IS NULL AND {NAMED.format(row="entry")} <> ''
    """,
    "ALTER TABLE streams_auditentry ENABLE TRIGGER keep_audit_entry",
)


def name(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in STATEMENTS:
            schema_editor.execute(statement)


def undo(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION streams_name_stream() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("streams", "0041_clean_names")]
    operations = [migrations.RunPython(name, undo)]
