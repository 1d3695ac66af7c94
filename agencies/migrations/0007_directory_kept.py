"""What services agreed, what was handed over and the words of hand-outs are never edited."""

from django.db import migrations

from common.security import append_only

INSERT_ONLY = ("agencies_protocolparty", "agencies_loadhandover", "agencies_handout")


class Migration(migrations.Migration):
    dependencies = [("agencies", "0006_directory")]
    operations = [migrations.RunSQL(*append_only(table)) for table in INSERT_ONLY]
