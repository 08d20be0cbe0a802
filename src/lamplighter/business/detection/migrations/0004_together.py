"""Changes that were made side by side, together."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("detection", "0003_order"),
        ("detection", "0003_outcomes_and_models"),
        ("detection", "0003_proposals_and_peers"),
    ]

    operations = []
