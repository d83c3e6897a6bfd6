from django.db import migrations
from django.db.models import Case, Q, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Left

from streams.base.migrating import in_batches


def fill(apps, schema_editor):
    """From what the entries say already; before anything forbids to change them."""
    slug = Case(
        When(action="stream.created", then=KeyTextTransform("slug", "detail")),
        default=Value(""),
    )
    named = Left(Coalesce(KeyTextTransform("stream", "detail"), slug, Value("")), 50)
    entries = apps.get_model("streams", "AuditEntry").objects.filter(
        Q(detail__has_key="stream") | Q(action="stream.created"), stream=""
    )
    for batch in in_batches(entries):
        batch.update(stream=named)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("streams", "0033_audit_stream")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
