import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("streams", "0021_page_version")]
    operations = [
        migrations.CreateModel(
            name="StreamProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("about", models.CharField(blank=True, max_length=400)),
                ("website", models.URLField(blank=True, max_length=300)),
                ("support_email", models.EmailField(blank=True, max_length=254)),
                ("docs_url", models.URLField(blank=True, max_length=300)),
                ("category", models.CharField(blank=True, max_length=50)),
                ("catalog_id", models.CharField(blank=True, max_length=40)),
                (
                    "stream",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="profile",
                        to="streams.stream",
                    ),
                ),
            ],
        ),
    ]
