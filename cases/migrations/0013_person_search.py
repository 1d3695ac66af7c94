from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0012_sharing_events")]

    operations = [
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["sort_name"], name="cases_person_name"),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["birth_date"], name="cases_person_birth"),
        ),
    ]
