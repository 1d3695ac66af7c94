from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0011_exposure_lock")]

    operations = [
        migrations.AddField(
            model_name="report",
            name="rights_later",
            field=models.CharField(blank=True, max_length=200, verbose_name="why they could not be explained that day"),
        ),
    ]
