"""The first question of a call: is she alone, can she speak freely?"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("followups", "0010_every_door")]
    operations = [
        migrations.AddField(
            "contactattempt",
            "alone_asked",
            models.BooleanField(default=False, verbose_name="she was asked whether she is alone"),
        ),
    ]
