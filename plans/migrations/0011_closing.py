from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("plans", "0010_programme_security")]
    operations = []
