from django.db import migrations, models

TABLE = "followups_followuppolicy"


class Migration(migrations.Migration):
    dependencies = [("followups", "0004_attempt_notes")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {TABLE} ALTER COLUMN provenance TYPE jsonb"
            " USING jsonb_build_object('fr', provenance, 'en', provenance)",
            f"ALTER TABLE {TABLE} ALTER COLUMN provenance TYPE varchar(300) USING provenance ->> 'en'",
            state_operations=[
                migrations.AlterField(model_name="followuppolicy", name="provenance", field=models.JSONField()),
            ],
        ),
    ]
