"""What the frame shows on every page of a person who is logged in."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from agencies.enums import AgencyKind
from agencies.models import Membership
from agencies.perms import (
    may_administer_agency,
    may_hand_out,
    may_oversee,
    may_read_partnerships,
    may_read_proof,
    may_see_cases,
    may_take_out_assessments,
)
from casework.briefing import may_brief
from followups.perms import works_by_neighbourhood
from notifications.services import unread_count
from plans.measure_perms import may_check_on_the_road
from plans.programme_rules import mandates, runs_programmes
from reports.perms import follows_board
from riskassessment.consulting_perms import coordinates, is_offered_consultations
from sharing.perms import may_report_incident, may_search_in_emergency, may_see_standing

# what stands under a case, whatever the room that shows it
CASE_PAGES = (
    "cases:", "casework:", "reports:case_list", "reports:detail", "reports:file", "reports:new_file",
    "reports:remove_file", "riskassessment:", "plans:", "sharing:", "referrals:case_list", "referrals:new",
    "referrals:next", "referrals:interpreter_new",
)  # fmt: skip
MY_WORK = ("casework:my_work",)
REFERRALS = ("referrals:",)
INTERPRETING = ("referrals:interpreter",)
FOLLOW_UPS = ("followups:",)
CALLBACKS = ("followups:callback",)
PAPERS = ("agencies:handout", "agencies:poster")
AUTHORISATIONS = ("sharing:authorisations", "sharing:authorisation_")
"""Standing ones: no case stands above them."""
EMERGENCIES = (
    "casework:emergencies", "casework:emergency_review", "sharing:emergency", "administration:emergency_searches",
)  # fmt: skip
CONSULTATIONS = ("casework:consultation",)
COORDINATION = (
    "casework:coordination_request", "casework:retain_request", "casework:redirect_request",
    "casework:withdraw_coordination", "casework:identify",
)  # fmt: skip
ROAD = ("casework:road_check",)
UNUSUAL = ("administration:unusual",)
NEIGHBOURHOOD = ("casework:neighbourhood",)
INCIDENTS = ("sharing:incidents", "sharing:incident", "sharing:new_incident", "sharing:publish_lesson")
ACCESSES = ("administration:case_access",)
ACCESS_LIST = ("administration:access_list",)
PROOF = ("administration:proof",)
ADMINISTRATION = ("administration:", "casework:hand_load")
EXPORTS = ("riskassessment:export",)
TRAININGS = ("trainings:",)
BOARD = ("casework:board", "casework:tracked")
BRIEFING = ("casework:briefing",)
SESSIONS = ("casework:sessions",)
MANDATES = ("casework:mandates",)
PLACES = (
    CALLBACKS, PAPERS, EXPORTS, BOARD, ROAD, BRIEFING, TRAININGS, SESSIONS, MANDATES,
    MY_WORK, AUTHORISATIONS, EMERGENCIES, INCIDENTS, UNUSUAL, ACCESSES, ACCESS_LIST, PROOF, CONSULTATIONS, COORDINATION,
    NEIGHBOURHOOD, ADMINISTRATION, CASE_PAGES, INTERPRETING, REFERRALS, FOLLOW_UPS,
)  # fmt: skip
"""The place of a page is the first that names it: the narrow ones stand before the wide ones."""
IN_A_CASE = ("sharing:new_incident_in_case",)


def frame(request: HttpRequest) -> dict:
    """Navigation, acting agency and unread notices; nothing for visitors."""
    membership = getattr(request, "membership", None)
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    here = place(request.resolver_match.view_name if request.resolver_match else "")
    return {
        "nav_items": [
            {
                "url": url,
                "label": label,
                "icon": icon,
                "current": here is not None and here is stands_for,
                "count": None,
                "secondary": secondary,
            }
            for secondary, entries in ((False, _first(membership)), (True, _second(membership)))
            for url, label, icon, stands_for in entries
        ],
        "search_url": reverse("cases:search") if may_see_cases(membership) else "",
        "membership": membership,
        "memberships": request.memberships,
        # nothing of a case is written in the administration: no wording is proposed there
        "drafting_url": "" if here is ADMINISTRATION else reverse("reports:hints_latest", args=[get_language()]),
        "acting_url": reverse("choose_acting"),
        "notifications_url": reverse("notifications:list") if membership else "",
        "unread_count": unread_count(membership) if membership else 0,
    }


def place(view_name: str) -> tuple[str, ...] | None:
    """Under which entry of the navigation a page stands; None where under none."""
    if view_name in IN_A_CASE:
        return CASE_PAGES
    return next((each for each in PLACES if view_name.startswith(each)), None)


Entry = tuple[str, str, str, tuple[str, ...] | None]
"""Address, words, icon, what stands under it."""


def _first(membership: Membership | None) -> list[Entry]:
    """What this person does all day, the most frequent first: a phone shows three of them."""
    entries: list[Entry] = []
    if may_see_cases(membership):
        entries = [
            ("/", _("My work"), "list-check", MY_WORK),
            (reverse("cases:list"), _("Cases"), "folder2-open", CASE_PAGES),
            (reverse("referrals:list"), _("Referrals"), "arrow-left-right", REFERRALS),
            (reverse("followups:list"), _("Due dates"), "clock-history", FOLLOW_UPS),
        ]
    if works_by_neighbourhood(membership):
        entries.insert(1, (reverse("casework:neighbourhood"), _("Neighbourhoods"), "signpost-split", NEIGHBOURHOOD))
        entries.append((reverse("followups:callbacks"), _("Calls asked for"), "telephone", CALLBACKS))
    if may_see_cases(membership) and membership.agency.kind == AgencyKind.INTERPRETER_SERVICE:
        entries.insert(1, (reverse("referrals:interpreters"), _("Interpreters"), "chat-dots", INTERPRETING))
    if follows_board(membership):
        label = _("Board") if membership.agency.kind == AgencyKind.PROSECUTOR else _("Prosecutor")
        entries.append((reverse("casework:board"), label, "bank", BOARD))
    if may_brief(membership):
        entries.append((reverse("casework:briefing"), _("Shift sheet"), "clipboard-data", BRIEFING))
    if may_check_on_the_road(membership):
        entries.append((reverse("casework:road_check"), _("Road check"), "shield-check", ROAD))
    if runs_programmes(membership):
        entries.append((reverse("casework:sessions"), _("Sessions"), "calendar-check", SESSIONS))
    if mandates(membership):
        entries.append((reverse("casework:mandates"), _("Mandates"), "clipboard-check", MANDATES))
    if coordinates(membership):
        entries.append((reverse("casework:coordination_requests"), _("Coordination"), "people", COORDINATION))
    if may_see_standing(membership):
        entries.append((reverse("sharing:authorisations"), _("Authorisations"), "shield-check", AUTHORISATIONS))
    if may_oversee(membership):
        entries.append((reverse("casework:emergencies"), _("Emergency accesses"), "unlock", EMERGENCIES))
        entries.append((reverse("sharing:incidents"), _("Incidents"), "exclamation-triangle", INCIDENTS))
        entries.append((reverse("administration:unusual"), _("Unusual readings"), "question-circle", UNUSUAL))
        entries.append((reverse("administration:case_access"), _("Accesses to a case"), "eye", ACCESSES))
        entries.append((reverse("administration:access_list"), _("Access list"), "journal-text", ACCESS_LIST))
    if not may_see_cases(membership):
        entries += _administration(membership)
    if may_read_proof(membership):
        entries.append((reverse("administration:proof"), _("Proof of the audit"), "shield-lock", PROOF))
    return entries


def _second(membership: Membership | None) -> list[Entry]:
    """What is looked for now and then, below the rest."""
    entries: list[Entry] = []
    if may_search_in_emergency(membership):
        entries.append((reverse("casework:emergencies"), _("Emergency accesses"), "unlock", EMERGENCIES))
    if is_offered_consultations(membership):
        entries.append((reverse("casework:consultations"), _("Consultations"), "clipboard-check", CONSULTATIONS))
    if may_see_cases(membership):
        entries.append((reverse("sharing:may_i_speak"), _("May I speak?"), "chat-dots", None))
        entries.append((reverse("agencies:directory"), _("Service directory"), "signpost-split", None))
    if may_hand_out(membership):
        entries.append((reverse("agencies:handouts"), _("Papers to hand over"), "journal-text", PAPERS))
    if may_report_incident(membership) and not may_oversee(membership):
        entries.append((reverse("sharing:incidents"), _("Incidents"), "exclamation-triangle", INCIDENTS))
    if may_take_out_assessments(membership):
        entries.append((reverse("riskassessment:export"), _("Export of grids"), "box-arrow-up-right", EXPORTS))
    if membership is not None:
        entries.append((reverse("trainings:calendar"), _("Trainings"), "calendar-check", TRAININGS))
    if may_see_cases(membership):
        entries += _administration(membership)
    return entries


def _administration(membership: Membership | None) -> list[Entry]:
    if membership and may_administer_agency(membership, membership.agency_id):
        return [(reverse("administration:home"), _("Administration"), "gear", ADMINISTRATION)]
    if may_read_partnerships(membership):
        return [(reverse("administration:partnerships"), _("Partnerships"), "people", ADMINISTRATION)]
    return []
