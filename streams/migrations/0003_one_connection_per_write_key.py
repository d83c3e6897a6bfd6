from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0002_partitions")]
    operations = [
        # The constraint's own index answers what this one was for.
        migrations.RemoveIndex(model_name="connection", name="connection_fingerprint"),
        migrations.AddConstraint(
            model_name="connection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)),
                fields=("key_fingerprint",),
                name="one_connection_per_write_key",
            ),
        ),
    ]
