"""The second lock of this room, published versions frozen, and signatures that freeze what they sign."""

from django.db import migrations

from cases import security
from common.security import append_only, policy

LOCKS = [
    policy(
        "riskassessment_assessment",
        read=security.row(
            "riskassessment_assessment",
            category="riskassessment_assessment.category",
            side="riskassessment_assessment.side",
        )
        # a draft is its agency's alone
        + " AND (riskassessment_assessment.signed_at IS NOT NULL"
        " OR riskassessment_assessment.agency_id = (SELECT move_agency()))",
    ),
    policy(
        "riskassessment_conclusion",
        read=security.row("riskassessment_conclusion", category="'level'", side="'case'"),
    ),
    policy(
        "riskassessment_countersignature",
        read=security.row("riskassessment_countersignature", category="'level'", side="'case'"),
    ),
]

FROZEN = """
CREATE FUNCTION riskassessment_refuse_signed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
  IF OLD.signed_at IS NOT NULL THEN
    RAISE EXCEPTION 'a signed assessment is never changed or removed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER riskassessment_refuse_signed BEFORE UPDATE OR DELETE ON riskassessment_assessment
  FOR EACH ROW EXECUTE FUNCTION riskassessment_refuse_signed();
"""
UNFROZEN = """
DROP TRIGGER riskassessment_refuse_signed ON riskassessment_assessment;
DROP FUNCTION riskassessment_refuse_signed();
"""


class Migration(migrations.Migration):
    dependencies = [("riskassessment", "0001_initial"), ("cases", "0002_security")]
    operations = [
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        migrations.RunSQL(FROZEN, UNFROZEN),
        *(
            migrations.RunSQL(*append_only(table))
            for table in (
                "riskassessment_gridversion",
                "riskassessment_conclusion",
                "riskassessment_countersignature",
            )
        ),
    ]
