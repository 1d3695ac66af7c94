"""The second lock of this room: a referral is between its two agencies, and seen by who may know the victim's services.

The receiver sees the row before it sees the case, so the case need not be visible to it.
"""

from django.db import migrations

from cases import security
from common.security import policy

NETWORK = (
    "CASE WHEN referrals_referral.side = 'perpetrator' THEN 'view_network_perpetrator' ELSE 'view_network_victim' END"
)
READ = (
    "referrals_referral.from_agency_id = (SELECT move_agency()) OR referrals_referral.to_agency_id = (SELECT move_agency())"
    f" OR ({security.case_visible('referrals_referral.case_id')}"
    f" AND {security.granted('referrals_referral.case_id', NETWORK)})"
)
WRITE = "referrals_referral.from_agency_id = (SELECT move_agency()) OR referrals_referral.to_agency_id = (SELECT move_agency())"
LOCK = policy("referrals_referral", read=READ, write=WRITE, contexts=("reminders",))


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial"), ("cases", "0002_security")]
    operations = [migrations.RunSQL(*LOCK)]
