"""Changes that were made side by side, together."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("inspection", "0002_figures"),
        ("inspection", "0003_order"),
    ]

    operations = []
