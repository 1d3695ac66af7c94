"""The context `repeats` reads which cases belong together, to count their events; identifiers and kinds, no content."""

from django.db import migrations

TABLES = ("sharing_caselink", "sharing_caselinkend")
CREATE = "CREATE POLICY {0}_repeats ON {0} FOR SELECT USING ((SELECT move_context()) = 'repeats')"
DROP = "DROP POLICY {0}_repeats ON {0}"


class Migration(migrations.Migration):
    dependencies = [("sharing", "0021_coordination")]
    operations = [migrations.RunSQL(CREATE.format(table), DROP.format(table)) for table in TABLES]
