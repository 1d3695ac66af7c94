"""Training records are taken back, never changed; the courses are reference data."""

from django.db import migrations

from common.security import append_only


class Migration(migrations.Migration):
    dependencies = [("agencies", "0003_training"), ("common", "0001_roles_and_settings")]
    operations = [
        migrations.RunSQL(*append_only(table)) for table in ("agencies_trainingrecord", "agencies_trainingwithdrawal")
    ]
