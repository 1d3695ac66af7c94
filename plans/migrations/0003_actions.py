from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("plans", "0002_needs_security")]
    operations = []
