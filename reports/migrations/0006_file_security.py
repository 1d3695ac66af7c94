"""The second lock on files: the rule of notes. Once written, only the antivirus and a removal touch two things of a
file: its state, and its words, which are emptied.
"""

from django.conf import settings
from django.db import migrations

from cases import security
from common.security import append_only, policy

FILE = policy(
    "reports_attachment",
    read=security.row("reports_attachment", category="reports_attachment.category", side="reports_attachment.side")
    + " AND (NOT reports_attachment.internal OR reports_attachment.agency_id = (SELECT move_agency()))",
    write="false",
    contexts=("files",),
)
OF_FILE = {
    table: policy(
        table, read=f"EXISTS (SELECT 1 FROM reports_attachment f WHERE f.id = {table}.attachment_id)", write="false"
    )
    for table in ("reports_attachmentscan", "reports_attachmentremoval")
}
KEPT = (
    f"""
REVOKE UPDATE, DELETE, TRUNCATE ON reports_attachment FROM "{settings.APP_DATABASE_ROLE}";
GRANT UPDATE (state, name, description) ON reports_attachment TO "{settings.APP_DATABASE_ROLE}";
CREATE TRIGGER reports_attachment_kept BEFORE DELETE OR UPDATE OF id, case_id, report_id, category, side, internal,
  content_type, size, pages, sha256, stored, agency_id, uploaded_by_id, uploaded_at ON reports_attachment
  FOR EACH ROW EXECUTE FUNCTION move_refuse_change();
CREATE TRIGGER reports_attachment_no_truncate BEFORE TRUNCATE ON reports_attachment
  FOR EACH STATEMENT EXECUTE FUNCTION move_refuse_change();
""",
    f"""
DROP TRIGGER reports_attachment_no_truncate ON reports_attachment;
DROP TRIGGER reports_attachment_kept ON reports_attachment;
REVOKE UPDATE (state, name, description) ON reports_attachment FROM "{settings.APP_DATABASE_ROLE}";
GRANT UPDATE, DELETE ON reports_attachment TO "{settings.APP_DATABASE_ROLE}";
""",
)


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_files"), ("cases", "0008_own_contact_closed")]
    operations = [
        migrations.RunSQL(*FILE),
        *(migrations.RunSQL(*lock) for lock in OF_FILE.values()),
        migrations.RunSQL(*KEPT),
        *(migrations.RunSQL(*append_only(table)) for table in OF_FILE),
    ]
