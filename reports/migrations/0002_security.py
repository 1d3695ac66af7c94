"""The second lock of this room. A draft has no case yet: it belongs to its agency."""

from django.db import migrations

from cases import security
from common.security import append_only, policy

REPORT = policy(
    "reports_report",
    read=security.row("reports_report", category="reports_report.category", side="reports_report.side"),
)
DRAFT = policy("reports_reportdraft", read="agency_id = (SELECT move_agency())")
APPEND, BACK = append_only("reports_report")


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("cases", "0002_security")]
    operations = [migrations.RunSQL(*REPORT), migrations.RunSQL(*DRAFT), migrations.RunSQL(APPEND, BACK)]
