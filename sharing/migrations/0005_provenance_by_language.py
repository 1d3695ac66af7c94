from django.db import migrations, models

TABLE = "sharing_sharingdefault"


class Migration(migrations.Migration):
    dependencies = [("sharing", "0004_lean_plans")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {TABLE} ALTER COLUMN provenance TYPE jsonb"
            " USING jsonb_build_object('fr', provenance, 'en', provenance)",
            f"ALTER TABLE {TABLE} ALTER COLUMN provenance TYPE varchar(300) USING provenance ->> 'en'",
            state_operations=[
                migrations.AlterField(model_name="sharingdefault", name="provenance", field=models.JSONField()),
            ],
        ),
    ]
