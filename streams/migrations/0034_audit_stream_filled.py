from django.db import migrations

BATCH = 1000


def fill(apps, schema_editor):
    """From what the entries say already; before anything forbids to change them."""
    entries = apps.get_model("streams", "AuditEntry").objects.order_by("pk")
    batch = []
    for entry in entries.iterator(chunk_size=BATCH):
        named = entry.detail.get("stream")
        if entry.action == "stream.created":
            named = named or entry.detail.get("slug")
        if not named:
            continue
        entry.stream = str(named)[:50]
        batch.append(entry)
        if len(batch) == BATCH:
            entries.bulk_update(batch, ["stream"])
            batch = []
    entries.bulk_update(batch, ["stream"])


class Migration(migrations.Migration):
    dependencies = [("streams", "0033_audit_stream")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
