"""The states of audiences, from those of alerts. An acknowledgment counts for the audience of its person."""

from django.db import migrations
from django.db.models import Exists, OuterRef, Q

AT_ONCE = 1_000


def fill(apps, schema_editor):
    alerts = apps.get_model("streams", "Alert").objects
    states = apps.get_model("streams", "AudienceState")
    members, team = (
        apps.get_model("streams", f"{kind}Membership").objects.filter(
            **{owner: OuterRef(owner)}, user=OuterRef("acknowledged_by")
        )
        for kind, owner in (("Workspace", "workspace"), ("Partner", "partner"))
    )
    rows = alerts.filter(
        Q(acknowledged_at__isnull=False) | Q(reminded_at__isnull=False)
    ).annotate(by_member=Exists(members), by_team=Exists(team))
    last = 0
    while some := list(rows.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        last = some[-1].pk
        made = [
            states(
                alert=alert,
                audience=audience,
                acknowledged_at=alert.acknowledged_at if counts else None,
                acknowledged_by_id=alert.acknowledged_by_id if counts else None,
                reminded_at=alert.reminded_at,
            )
            for alert in some
            for audience, counts in audiences(alert)
        ]
        states.objects.bulk_create(made, ignore_conflicts=True)


def audiences(alert):
    """Return the audiences of an alert, and whether its acknowledgment counts for each."""
    if alert.partner_id is None:
        return [("operator", True)]
    # Someone who is neither, such as a former member: as until now, for both.
    unknown = not alert.by_member and not alert.by_team
    found = [("partner", alert.by_team or unknown)]
    if alert.workspace_id is not None:
        found.append(("workspace", alert.by_member or unknown))
    return found


class Migration(migrations.Migration):
    atomic = False  # each batch is committed
    dependencies = [("streams", "0047_alert_states_of_audiences")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
