from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = [("cases", "0027_running_codes"), ("agencies", "0010_load_handover_security"), ("reports", "0013_tracking_sent")]
    operations = []
