from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agencies", "0005_every_door"),
        ("cases", "0021_hearing_events"),
        ("reports", "0012_rights_later"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="tracking",
            index=models.Index(fields=["police", "decide_by"], name="reports_tracked_sent"),
        ),
    ]
