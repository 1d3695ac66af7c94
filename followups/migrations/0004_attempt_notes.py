"""What she said in a call becomes a note of its own (psychosocial, victim): closed to who asked for the call."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_deep_pages"), ("followups", "0003_answers_owed")]
    operations = [
        migrations.RemoveField("contactattempt", "note"),
        migrations.AddField(
            "contactattempt",
            "note",
            models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cases.note",
            ),
        ),
    ]
