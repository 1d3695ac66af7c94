"""The second lock: what was taken off the line before its turn came stays as unknown to its receiver as it was."""

from importlib import import_module

from django.db import migrations

from cases import security
from common.security import instead, policy

whole = import_module("referrals.migrations.0008_whole_room_security")

REFERRAL, AGENCY = whole.REFERRAL, whole.AGENCY
SENT = f"({REFERRAL}.state <> 'queued' AND NOT ({REFERRAL}.in_order AND {REFERRAL}.expires_at IS NULL))"
MINE = (
    f"({REFERRAL}.to_agency_id = {AGENCY} AND {SENT} AND {whole.OPEN})"
    f" OR ({REFERRAL}.from_agency_id = {AGENCY} AND {security.case_visible(whole.sending.CASE)})"
)
KNOWN = f"{whole.before.NETWORK} AND ({SENT} OR {REFERRAL}.from_agency_id = {AGENCY})"
LOCK = policy(REFERRAL, read=f"{MINE} OR ({KNOWN})", write=MINE, contexts=("reminders", "letters"))


class Migration(migrations.Migration):
    dependencies = [("referrals", "0009_interpreting_kept_out")]
    operations = [migrations.RunSQL(*instead(whole.LOCK, LOCK))]
