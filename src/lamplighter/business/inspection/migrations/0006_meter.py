from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inspection", "0005_area")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["meter_id"], name="inspection_case_meter_ix"),
        ),
    ]
