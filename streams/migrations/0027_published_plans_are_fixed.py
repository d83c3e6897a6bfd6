from django.db import migrations

ON_POSTGRES = (
    """
    CREATE FUNCTION streams_keep_published_plan() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'a published plan version never changes'
             USING ERRCODE = 'check_violation'; END $$
    """,
    """
    CREATE TRIGGER keep_published_plan BEFORE UPDATE ON streams_planversion
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION streams_keep_published_plan()
    """,
)
# Whoever alters this table on SQLite makes the trigger anew: Django copies the table.
ON_SQLITE = (
    """
    CREATE TRIGGER keep_published_plan BEFORE UPDATE ON streams_planversion
    FOR EACH ROW WHEN OLD.published_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a published plan version never changes'); END
    """,
)


def fix(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in ON_POSTGRES if vendor == "postgresql" else ON_SQLITE:
        schema_editor.execute(statement)


def loosen(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION streams_keep_published_plan() CASCADE")
    else:
        schema_editor.execute("DROP TRIGGER keep_published_plan")


class Migration(migrations.Migration):
    dependencies = [("streams", "0026_spec_readings")]
    operations = [migrations.RunPython(fix, loosen)]
