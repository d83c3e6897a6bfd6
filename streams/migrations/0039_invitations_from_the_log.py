from datetime import timedelta

from django.db import migrations
from django.utils import timezone

GOOD_FOR = timedelta(days=7)


def make_rows(apps, _):
    """Links sent within the last week keep working: the activity log knows all of them."""
    entries = apps.get_model('streams', 'AuditEntry').objects
    invitations = apps.get_model('streams', 'Invitation').objects
    now = timezone.now()
    joined = {
        entry.detail.get('invitation'): entry.at
        for entry in entries.filter(action='member.joined', at__gt=now - GOOD_FOR)
    }
    invited = entries.filter(action='member.invited', at__gt=now - GOOD_FOR)
    for entry in invited.order_by('pk'):
        number = entry.detail.get('invitation')
        if not number or invitations.filter(number=number).exists():
            continue
        place = entry.workspace_id or entry.partner_id
        removed = entries.filter(
            action='member.removed',
            at__gt=entry.at,
            workspace=entry.workspace_id,
            partner=entry.partner_id,
            detail__member=entry.detail['member'],
        )
        if place:
            invitations.create(
                workspace_id=entry.workspace_id,
                partner_id=None if entry.workspace_id else entry.partner_id,
                email=entry.detail['member'],
                role=entry.detail['role'],
                number=number,
                invited_by_id=entry.actor_id,
                created_at=entry.at,
                sent_at=entry.at,
                expires_at=entry.at + GOOD_FOR,
                accepted_at=joined.get(number),
                withdrawn_at=now if removed.exists() else None,
            )


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0038_invitation'),
    ]

    operations = [
        migrations.RunPython(make_rows, migrations.RunPython.noop),
    ]
