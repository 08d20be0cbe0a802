from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chats", "0002_turn_edges")]

    operations = [
        migrations.AddField("chat", "channel", models.CharField(default="chat", max_length=16)),
        migrations.AddField("turn", "start_seconds", models.FloatField(null=True)),
        migrations.AddField("turn", "end_seconds", models.FloatField(null=True)),
        migrations.AddField("turn", "confidence", models.FloatField(null=True)),
    ]
