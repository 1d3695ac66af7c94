"""The second lock of what consent-gated sharing adds; all of it insert-only, except a request, which is answered once.

An authorisation is seen by its recipient, by who recorded it, and, within a visible case, by who reads judicial content;
standing ones by everybody. Requests are their two agencies'. An emergency access is seen by the agency that opened it
and by the lead agency; a safety incident by who reported it and by the lead agency; the data-protection officer, who
sees no case, reads both through the `oversight` context. A rectification reaches who received the wrong fact even where
the access has ended since.
"""

from django.db import migrations

from cases import security
from common.security import append_only, policy

OWN = "(SELECT move_agency())"


def led(table: str) -> str:
    return security.case_led(f"{table}.case_id")


def visible(table: str) -> str:
    return security.case_visible(f"{table}.case_id")


def asks(name: str, question: str) -> tuple[str, str]:
    """A question planned apart and once per connection, see 0004_lean_plans."""
    forwards = (
        f"CREATE FUNCTION {name}(wanted uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public"
        f" AS $$ BEGIN RETURN EXISTS ({question}); END $$;"
    )
    return forwards, f"DROP FUNCTION {name}(uuid);"


QUESTIONS = [
    asks("sharing_reads_authorisation", "SELECT 1 FROM sharing_prosecutorauthorisation a WHERE a.id = wanted"),
    asks("sharing_reads_break_glass", "SELECT 1 FROM sharing_breakglass b WHERE b.id = wanted"),
    asks("sharing_reads_incident", "SELECT 1 FROM sharing_safetyincident i WHERE i.id = wanted"),
    asks("sharing_reads_rectification", "SELECT 1 FROM sharing_rectification r WHERE r.id = wanted"),
    asks("sharing_reads_recipient", "SELECT 1 FROM sharing_rectificationrecipient r WHERE r.id = wanted"),
    asks(
        "sharing_told_of",
        "SELECT 1 FROM sharing_rectificationrecipient r WHERE r.rectification_id = wanted AND r.agency_id = move_agency()",
    ),
]

authorisation, request = "sharing_prosecutorauthorisation", "sharing_informationrequest"
oral, glass, incident = "sharing_oraldisclosure", "sharing_breakglass", "sharing_safetyincident"
rectified, told = "sharing_rectification", "sharing_rectificationrecipient"

LOCKS = [
    policy(
        authorisation,
        read=f"{authorisation}.case_id IS NULL OR ({visible(authorisation)} AND ({authorisation}.agency_id = {OWN}"
        f" OR {authorisation}.recipient_id = {OWN}"
        f" OR {security.granted(authorisation + '.case_id', chr(39) + 'view_judicial_case' + chr(39))}))",
        contexts=("grants", "reminders"),
    ),
    policy(
        "sharing_authorisationend",
        read="sharing_reads_authorisation(sharing_authorisationend.authorisation_id)",
        contexts=("grants", "reminders"),
    ),
    policy(
        request,
        read=f"({request}.from_agency_id = {OWN} OR ({request}.to_agency_id = {OWN} AND {visible(request)}))"
        f" AND {security.not_excluded(request + '.case_id')}",
        contexts=("reminders",),
    ),
    policy(
        oral,
        read=f"{visible(oral)} AND ({oral}.agency_id = {OWN} OR {oral}.to_agency_id = {OWN})",
    ),
    policy(
        glass,
        read=f"({glass}.agency_id = {OWN} AND {security.not_excluded(glass + '.case_id')}) OR {led(glass)}",
        contexts=("oversight", "grants"),
    ),
    policy(
        "sharing_breakglassreview",
        read="sharing_reads_break_glass(sharing_breakglassreview.break_glass_id)",
        contexts=("oversight",),
    ),
    policy(
        rectified,
        read=f"({security.row(rectified, category=f'{rectified}.category', side=f'{rectified}.side')})"
        f" OR (sharing_told_of({rectified}.id) AND {security.not_excluded(rectified + '.case_id')})",
    ),
    policy(
        told,
        read=f"{told}.agency_id = {OWN} OR EXISTS"
        f" (SELECT 1 FROM sharing_rectification r WHERE r.id = {told}.rectification_id AND r.agency_id = {OWN})",
    ),
    policy(
        "sharing_rectificationreceipt",
        read="sharing_reads_recipient(sharing_rectificationreceipt.recipient_id)",
    ),
    policy(
        incident,
        read=f"({incident}.agency_id = {OWN} AND ({incident}.case_id IS NULL OR {visible(incident)})) OR {led(incident)}",
        contexts=("oversight",),
    ),
    policy(
        "sharing_incidentstep",
        read="sharing_reads_incident(sharing_incidentstep.incident_id)",
        contexts=("oversight",),
    ),
]
APPEND_ONLY = (
    authorisation,
    "sharing_authorisationend",
    oral,
    glass,
    "sharing_breakglassreview",
    rectified,
    told,
    "sharing_rectificationreceipt",
    incident,
    "sharing_incidentstep",
    "sharing_safetylesson",
)


class Migration(migrations.Migration):
    dependencies = [("sharing", "0006_whole_room"), ("cases", "0008_own_contact_closed")]
    operations = [
        *(migrations.RunSQL(*question) for question in QUESTIONS),
        *(migrations.RunSQL(*lock) for lock in LOCKS),
        *(migrations.RunSQL(*append_only(table)) for table in APPEND_ONLY),
    ]
