"""The database lets go of activity log entries that are older than a year.

No statement changes or locks the table on PostgreSQL.
"""

from django.db import migrations

ENTRIES = "an audit entry is never changed or deleted"
YOUNG = "an audit entry is never changed, and not deleted within a year"
POSTGRES = """
    CREATE OR REPLACE FUNCTION streams_keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN {exception}
    RAISE EXCEPTION '{refusal}' USING ERRCODE = 'check_violation'; END $$
"""
OLD = "IF TG_OP = 'DELETE' AND OLD.at < now() - interval '365 days' THEN RETURN OLD; END IF;"
SQLITE = """
    CREATE TRIGGER keep_audit_entry_from_delete BEFORE DELETE ON streams_auditentry
    FOR EACH ROW {condition} BEGIN SELECT RAISE(ABORT, '{refusal}'); END
"""
IF_YOUNG = "WHEN OLD.at >= datetime('now', '-365 days')"


def guard(schema_editor, *, exception, condition, refusal):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES.format(exception=exception, refusal=refusal))
        return
    schema_editor.execute("DROP TRIGGER keep_audit_entry_from_delete")
    schema_editor.execute(SQLITE.format(condition=condition, refusal=refusal))


def allow(apps, schema_editor):
    guard(schema_editor, exception=OLD, condition=IF_YOUNG, refusal=YOUNG)


def refuse(apps, schema_editor):
    guard(schema_editor, exception="", condition="", refusal=ENTRIES)


class Migration(migrations.Migration):
    dependencies = [("streams", "0021_notices_in_the_inbox")]
    operations = [migrations.RunPython(allow, refuse)]
