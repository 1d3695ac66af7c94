"""By when a request for an interpreter is answered; and feedback whose consent has ended is closed to who reads it."""

from importlib import import_module

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from common.security import instead, policy

whole = import_module("referrals.migrations.0008_whole_room_security")
kept_out = import_module("referrals.migrations.0009_interpreting_kept_out")

# as `referrals.interpreting_rules.answer_due_at`, for what waits already
FILL = f"""
UPDATE {whole.REQUEST} SET answer_due_at = asked_at + least(greatest(at - asked_at, interval '0') / 2, interval '24 h')
WHERE state IN ('sent', 'proposed');
UPDATE {whole.REQUEST} SET remind_at = answer_due_at;
"""

FEEDBACK = "referrals_referralfeedback"
# answers about the consents of feedback told to the acting agency alone, which cannot read the consent itself
HOLDS = f"""
CREATE FUNCTION referrals_still_told(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN
  RETURN EXISTS (
    SELECT 1 FROM {FEEDBACK} f JOIN {whole.REFERRAL} r ON r.id = f.referral_id
    JOIN sharing_consent c ON c.id = f.consent_id
    WHERE c.id = wanted AND r.from_agency_id = move_agency()
    AND (c.valid_until IS NULL OR c.valid_until > now())
    AND NOT EXISTS (SELECT 1 FROM sharing_consentwithdrawal w WHERE w.consent_id = c.id)
  );
END $$;
REVOKE EXECUTE ON FUNCTION referrals_still_told(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION referrals_still_told(uuid) TO "{settings.APP_DATABASE_ROLE}";
"""
FORGET = "DROP FUNCTION referrals_still_told(uuid);"
PARTY = whole.through(FEEDBACK, "referral_id", whole.REFERRAL, whole.PARTY)
STILL = f"({FEEDBACK}.consent_id IS NULL OR referrals_still_told({FEEDBACK}.consent_id))"
WRITES = f"agency_id = move_agency() AND {whole.by('author_id')}"


class Migration(migrations.Migration):
    dependencies = [("referrals", "0011_not_twice_by_sender"), ("sharing", "0024_every_door_security")]
    operations = [
        migrations.AddField("interpreterrequest", "answer_due_at", models.DateTimeField(null=True)),
        migrations.AddField("interpreterrequest", "remind_at", models.DateTimeField(null=True)),
        migrations.AddField("interpreterrequest", "step", models.PositiveSmallIntegerField(default=0)),
        migrations.AddIndex(
            "interpreterrequest",
            models.Index(
                fields=["remind_at"], condition=Q(state__in=["sent", "proposed"]), name="referrals_interpret_due"
            ),
        ),
        migrations.RunSQL(
            *instead(
                policy(whole.REQUEST, read=kept_out.ASKED, insert=kept_out.INSERT),
                policy(whole.REQUEST, read=kept_out.ASKED, insert=kept_out.INSERT, contexts=("reminders",)),
            )
        ),
        migrations.RunSQL(HOLDS, FORGET),
        migrations.RunSQL(
            *instead(
                policy(FEEDBACK, read=PARTY, insert=WRITES),
                policy(
                    FEEDBACK,
                    read=f"{PARTY} AND ({FEEDBACK}.agency_id = {whole.AGENCY} OR {STILL})",
                    insert=WRITES,
                    contexts=("grants",),
                ),
            )
        ),
        migrations.RunSQL(FILL, ""),  # last: what it changes must not wait while the table is altered
    ]
