"""The subjects of alerts about connections. Reversed, it deletes those about anything else."""

from django.db import migrations
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat

AT_ONCE = 1_000


def fill(apps, schema_editor):
    alerts = apps.get_model("streams", "Alert").objects.filter(subject="")
    connections = apps.get_model("streams", "Connection").objects
    own = connections.filter(pk=OuterRef("connection"))
    while ids := list(alerts.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        alerts.filter(pk__in=ids).update(
            subject=Concat(
                Value("connection:"), Cast(F("connection_id"), CharField(max_length=20))
            ),
            feed_id=Subquery(own.values("feed")),
            stream_id=Subquery(own.values("feed__stream")),
            partner_id=Subquery(own.values("feed__stream__partner")),
        )


def forget(apps, schema_editor):
    alerts = apps.get_model("streams", "Alert").objects
    apps.get_model("streams", "Notice").objects.filter(alert__connection=None).delete()
    alerts.filter(connection=None).delete()
    # Of a connection, one may have several alerts of conditions that are new.
    alerts.exclude(condition__in=("attention", "retrying", "late")).delete()


class Migration(migrations.Migration):
    dependencies = [("streams", "0018_alert_subject")]

    operations = [migrations.RunPython(fill, forget)]
