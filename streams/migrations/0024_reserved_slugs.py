from django.db import migrations, models

import streams.catalog.models


class Migration(migrations.Migration):
    dependencies = [("streams", "0023_logo")]
    operations = [
        migrations.AlterField(
            "stream",
            "slug",
            models.SlugField(
                unique=True, validators=[streams.catalog.models.not_reserved]
            ),
        ),
    ]
