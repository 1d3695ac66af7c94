from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("plans", "0006_measures_security")]
    operations = []
