from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("plans", "0008_custody_security")]
    operations = []
