"""The second lock of the whole room of referrals.

A referral that is next in line does not exist for its receiver; one that is accepted is, in a restricted case, for
those of the receiver who are named, whatever became of it. Drafts belong to who writes them, feedback and letters to
the two services or the sender. An interpreter service reads what it is asked, and nothing of the case.
"""

from importlib import import_module

from django.db import migrations

from cases import security
from common.security import append_only, instead, policy

sending = import_module("referrals.migrations.0003_sending")
before = import_module("referrals.migrations.0005_restricted")

REFERRAL = "referrals_referral"
AGENCY = "(SELECT move_agency())"
TAKEN = f"{REFERRAL}.state IN ('accepted', 'in_progress', 'completed')"
OPEN = f"NOT cases_kept_out({REFERRAL}.case_id, (SELECT move_user()), NOT {TAKEN})"
MINE = (
    f"({REFERRAL}.to_agency_id = {AGENCY} AND {REFERRAL}.state <> 'queued' AND {OPEN})"
    f" OR ({REFERRAL}.from_agency_id = {AGENCY} AND {security.case_visible(sending.CASE)})"
)
KNOWN = f"{before.NETWORK} AND ({REFERRAL}.state <> 'queued' OR {REFERRAL}.from_agency_id = {AGENCY})"
LOCK = policy(REFERRAL, read=f"{MINE} OR ({KNOWN})", write=MINE, contexts=("reminders", "letters"))

REQUEST = "referrals_interpreterrequest"
ASKED = (
    f"{REQUEST}.to_agency_id = {AGENCY}"
    f" OR ({REQUEST}.from_agency_id = {AGENCY} AND {security.case_visible(f'{REQUEST}.case_id')})"
)


def by(column: str) -> str:
    return f"{column} = move_user()"


def through(table: str, column: str, parent: str, condition: str = "true") -> str:
    return f"EXISTS (SELECT 1 FROM {parent} x WHERE x.id = {table}.{column} AND {condition})"


PARTY = f"(x.from_agency_id = {AGENCY} OR x.to_agency_id = {AGENCY})"
LOCKS = [
    policy(
        "referrals_referraldraft",
        read=f"agency_id = {AGENCY} AND author_id = (SELECT move_user())"
        f" AND {security.case_visible('referrals_referraldraft.case_id')}",
        insert=f"agency_id = move_agency() AND {by('author_id')}",
    ),
    policy(
        "referrals_referralfeedback",
        read=through("referrals_referralfeedback", "referral_id", REFERRAL, PARTY),
        insert=f"agency_id = move_agency() AND {by('author_id')}",
    ),
    policy(
        "referrals_servicegap",
        read=f"agency_id = {AGENCY} AND {security.case_visible('referrals_servicegap.case_id')}",
        insert=f"agency_id = move_agency() AND {by('noted_by_id')}",
        contexts=("gaps",),
    ),
    policy(
        "referrals_externalletter",
        read=through("referrals_externalletter", "referral_id", REFERRAL, f"x.from_agency_id = {AGENCY}"),
        insert=by("made_by_id"),
        contexts=("letters",),
    ),
    policy(REQUEST, read=ASKED, insert=f"from_agency_id = move_agency() AND {by('asked_by_id')}"),
    policy(
        "referrals_interpreterproposal",
        read=through("referrals_interpreterproposal", "request_id", REQUEST),
        insert=by("proposed_by_id"),
    ),
    policy(
        "referrals_interpreterexception",
        read=through("referrals_interpreterexception", "proposal_id", "referrals_interpreterproposal"),
        insert=by("decided_by_id"),
    ),
]
INSERT_ONLY = (
    "referrals_referralfeedback",
    "referrals_servicegap",
    "referrals_interpreterproposal",
    "referrals_interpreterexception",
    "referrals_pathwayrules",
)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0007_whole_room"), ("cases", "0019_every_door_security")]
    operations = [
        migrations.RunSQL(*instead(before.LOCK, LOCK)),
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in INSERT_ONLY),
    ]
