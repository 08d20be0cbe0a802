from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="request_key",
            field=models.CharField(max_length=128, null=True, unique=True),
        ),
    ]
