from django.db import migrations, models

SAYS = "an audit entry is never changed or deleted"
ON_POSTGRES = (
    f"""
    CREATE FUNCTION streams_keep_audit_entry() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'check_violation'; END $$
    """,
    """
    CREATE TRIGGER keep_audit_entry BEFORE UPDATE OR DELETE ON streams_auditentry
    FOR EACH ROW EXECUTE FUNCTION streams_keep_audit_entry()
    """,
)
# Whoever alters this table on SQLite makes the triggers anew: Django copies the table.
ON_SQLITE = tuple(
    f"""
    CREATE TRIGGER keep_audit_entry_from_{verb.lower()} BEFORE {verb} ON streams_auditentry
    FOR EACH ROW BEGIN SELECT RAISE(ABORT, '{SAYS}'); END
    """
    for verb in ("UPDATE", "DELETE")
)


def keep(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in ON_POSTGRES if vendor == "postgresql" else ON_SQLITE:
        schema_editor.execute(statement)


def let_go(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION streams_keep_audit_entry() CASCADE")
    else:
        schema_editor.execute("DROP TRIGGER keep_audit_entry_from_update")
        schema_editor.execute("DROP TRIGGER keep_audit_entry_from_delete")


class Migration(migrations.Migration):
    dependencies = [("streams", "0034_audit_stream_filled")]
    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("workspace", None)),
                fields=["stream", "-id"],
                name="audit_by_stream",
            ),
        ),
        migrations.RunPython(keep, let_go),
    ]
