"""An accepted referral of a restricted case is for those of the receiver who are named; before, for all who may answer."""

from importlib import import_module

from django.db import migrations

from cases import security
from common.security import instead, policy

first = import_module("referrals.migrations.0002_security")
before = import_module("referrals.migrations.0003_sending")

OPEN = "NOT cases_kept_out(referrals_referral.case_id, (SELECT move_user()), referrals_referral.state <> 'accepted')"
MINE = (
    f"(referrals_referral.to_agency_id = {before.OWN} AND {OPEN})"
    f" OR (referrals_referral.from_agency_id = {before.OWN} AND {security.case_visible(before.CASE)})"
)
NETWORK = f"{security.case_visible(before.CASE)} AND {security.granted(before.CASE, first.NETWORK)}"
LOCK = policy("referrals_referral", read=f"{MINE} OR ({NETWORK})", write=MINE, contexts=("reminders",))


class Migration(migrations.Migration):
    dependencies = [("referrals", "0004_basis_of_authorisation"), ("cases", "0010_restriction")]
    operations = [migrations.RunSQL(*instead(before.LOCK, LOCK))]
