import re

from django.db import migrations
from django.db.models import Q

# As streams/base/text.py has it: what names can no longer hold.
FORBIDDEN = '[\x01-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]'
NAMED = ('User', 'Partner', 'Workspace', 'Stream', 'PartnerToken')


def clean(apps, _):
    """Names go into emails and lists: a space takes the place of each hidden character."""
    for model in NAMED:
        rows = apps.get_model('streams', model).objects
        for row in rows.filter(Q(name__regex=FORBIDDEN)).iterator():
            row.name = re.sub(FORBIDDEN, ' ', row.name).strip() or 'Unnamed'
            row.save(update_fields=['name'])


class Migration(migrations.Migration):

    dependencies = [
        ('streams', '0040_names_are_one_line'),
    ]

    operations = [
        migrations.RunPython(clean, migrations.RunPython.noop),
    ]
