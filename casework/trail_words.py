"""The words of both trails: pages, records, categories, bases, fields that changed; never a value."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import Category, Side
from cases.words import about
from common.clock import local
from plans.measure_checks import Why
from plans.models import AlertOutcome, ClosingKind, LeadState, LeadWhy, PartCode, ReopenedFor
from reports.models import Decision, TrackingStep
from sharing.law import with_article
from sharing.models import (
    AskedBy,
    Basis,
    CheckConclusion,
    IncidentKind,
    Outcome,
    RectifiedKind,
    StepKind,
    Verdict,
)

PAGES = {
    "cases.summary": gettext_lazy("the summary"),
    "cases.timeline": gettext_lazy("the timeline"),
    "cases.correct_note": gettext_lazy("the page to correct a note"),
    "cases.write_note": gettext_lazy("the page to write a note"),
    "cases.people": gettext_lazy("the people"),
    "cases.contacts": gettext_lazy("the page of contacts"),
    "cases.contact": gettext_lazy("a whole number or address"),
    "cases.plan": gettext_lazy("the six steps"),
    "cases.needs": gettext_lazy("the needs"),
    "cases.write_needs": gettext_lazy("the page to write needs"),
    "cases.migration": gettext_lazy("the migration background"),
    "cases.dangers": gettext_lazy("the dangers for professionals"),
    "cases.flag_danger": gettext_lazy("the page to flag a danger"),
    "cases.prolong_danger": gettext_lazy("the page to prolong a danger"),
    "cases.end_danger": gettext_lazy("the page to end a danger"),
    "casework.briefing": gettext_lazy("the shift sheet"),
    "cases.action_plan": gettext_lazy("the action plan"),
    "cases.action": gettext_lazy("an action of the plan"),
    "cases.new_action": gettext_lazy("the page to plan an action"),
    "cases.agree_plan": gettext_lazy("the page to say that the plan is agreed on"),
    "cases.safety_plan": gettext_lazy("the safety plan"),
    "cases.write_safety_plan": gettext_lazy("the page to write the safety plan"),
    "cases.safety_paper": gettext_lazy("the question before the safety plan is printed"),
    "plans.safety_paper": gettext_lazy("the safety plan, printed"),
    "cases.appointments": gettext_lazy("the appointments"),
    "cases.appointment": gettext_lazy("an appointment"),
    "cases.new_appointment": gettext_lazy("the page to make an appointment"),
    "cases.move_appointment": gettext_lazy("the page to move an appointment"),
    "cases.programmes": gettext_lazy("the work with the presumed perpetrator"),
    "cases.begin_programme": gettext_lazy("the work with the presumed perpetrator"),
    "cases.programme": gettext_lazy("the work with the presumed perpetrator"),
    "cases.programme_mandate": gettext_lazy("the work with the presumed perpetrator"),
    "cases.programme_step": gettext_lazy("the work with the presumed perpetrator"),
    "cases.therapeutic_plan": gettext_lazy("the work with the presumed perpetrator"),
    "cases.programme_alert": gettext_lazy("the work with the presumed perpetrator"),
    "cases.alert": gettext_lazy("a worry about him"),
    "cases.passed_on": gettext_lazy("what was passed on to a service"),
    "plans.programme_sheet": gettext_lazy("attendance and conditions, printed"),
    "cases.custody": gettext_lazy("the page of detention and release"),
    "cases.detain": gettext_lazy("the page to write down a detention"),
    "cases.detention": gettext_lazy("a detention"),
    "cases.enter_release": gettext_lazy("the page to write down a release"),
    "cases.release_wish": gettext_lazy("the page of what she wishes to know"),
    "cases.release_alert": gettext_lazy("a release alert"),
    "casework.release_number": gettext_lazy("a whole number, to tell her of a release"),
    "cases.appointment_sheet": gettext_lazy("the sheet of an appointment"),
    "casework.neighbourhood_history": gettext_lazy("what a cell knows of a person over time"),
    "cases.child": gettext_lazy("the page of a child"),
    "cases.proceeding": gettext_lazy("a family or youth proceeding"),
    "cases.child_sheet": gettext_lazy("the sheet on a child for the school"),
    "cases.reports": gettext_lazy("the reports"),
    "cases.situations": gettext_lazy("the situations"),
    "cases.situation": gettext_lazy("a situation"),
    "cases.situation_next": gettext_lazy("what may be done after a situation"),
    "casework.help_sheet": gettext_lazy("the sheet of advice"),
    "reports.situation_new": gettext_lazy("the reference, to open a situation"),
    "cases.files": gettext_lazy("the files"),
    "cases.new_file": gettext_lazy("the page to add a file"),
    "reports.Attachment": gettext_lazy("a file"),
    "reports.new": gettext_lazy("the reference, to report again"),
    "reports.draft": gettext_lazy("the report being typed"),
    "reports.declaration": gettext_lazy("the declaration of an injured party, printed"),
    "cases.verify_classification": gettext_lazy("the page to verify a classification"),
    "cases.assessments": gettext_lazy("the assessments"),
    "cases.over_time": gettext_lazy("the risk over time"),
    "cases.compare": gettext_lazy("two assessments compared"),
    "cases.turning_point": gettext_lazy("the page to say that something has changed"),
    "cases.hand_over": gettext_lazy("the page to hand over a grid"),
    "cases.referrals": gettext_lazy("the referrals"),
    "cases.next_services": gettext_lazy("the page that proposes services"),
    "cases.unlisted_service": gettext_lazy("the page that names a service that is not in the list"),
    "cases.access": gettext_lazy("accesses and sharing"),
    "cases.new_decision": gettext_lazy("the page to share with a service"),
    "cases.authorisations": gettext_lazy("the prosecutor's authorisations"),
    "cases.new_authorisation": gettext_lazy("the page to record an authorisation"),
    "cases.new_consent": gettext_lazy("a new consent"),
    "cases.consent_sheet": gettext_lazy("the sheet of a consent"),
    "cases.new_subject_request": gettext_lazy("the page of a new request about one’s data"),
    "cases.subject_request": gettext_lazy("a request about one’s data"),
    "cases.withdraw_consent": gettext_lazy("the end of a consent"),
    "cases.restriction": gettext_lazy("who may work on the case"),
    "cases.naming": gettext_lazy("who may work on the case, to name people"),
    "cases.emergency": gettext_lazy("the safety sheet of an emergency"),
    "cases.measures": gettext_lazy("the protection measures"),
    "cases.measure": gettext_lazy("a protection measure"),
    "cases.new_measure": gettext_lazy("the page to write a protection measure"),
    "cases.measure_sheet": gettext_lazy("the sheet of a protection measure"),
    "plans.road_check": gettext_lazy("the active measures, asked on the road"),
    "administration.case_access": gettext_lazy("who holds what, without content"),
    "cases.incident": gettext_lazy("the page to report a safety incident"),
    "cases.information_request": gettext_lazy("the page to ask a service for information"),
    "cases.oral_disclosure": gettext_lazy("the page to write down what was said aloud"),
    "cases.links": gettext_lazy("the links with other cases"),
    "cases.same_person": gettext_lazy("one person in several records"),
    "cases.group": gettext_lazy("the cases that look alike"),
    "cases.opposing": gettext_lazy("the review of opposing reports"),
    "cases.coordination": gettext_lazy("the coordination of the case"),
    "cases.closing": gettext_lazy("the closing of the case"),
    "cases.told_return": gettext_lazy("the page to write down how she may come back"),
    "cases.end_part": gettext_lazy("the page to end the follow-up of the service"),
    "cases.lead": gettext_lazy("the lead of the case"),
    "cases.hand_lead": gettext_lazy("the page to hand the lead over"),
    "plans.AlertAnswer": gettext_lazy("the answer to a worry about him"),
    "plans.AgencyFollowUp": gettext_lazy("the follow-up of a service"),
    "plans.CaseClosing": gettext_lazy("the closing of the case"),
    "plans.CaseReopening": gettext_lazy("the reopening of the case"),
    "plans.LeadAnswer": gettext_lazy("an answer to an offer of the lead"),
    "plans.LeadOffer": gettext_lazy("an offer of the lead"),
    "cases.coordination_request": gettext_lazy("the page to ask the coordination"),
    "cases.rectify": gettext_lazy("the page to correct a wrong fact"),
    "cases.trail": gettext_lazy("this list of readings and changes"),
    "referrals.detail": gettext_lazy("a referral"),
    "referrals.letter": gettext_lazy("the letter of a referral"),
    "referrals.interpreter": gettext_lazy("a request for an interpreter"),
    "cases.interpreter": gettext_lazy("the page to ask for an interpreter"),
    "followups.number": gettext_lazy("the number to call"),
    "api.case": gettext_lazy("the summary"),
    "api.report": gettext_lazy("a report"),
    "api.assessment": gettext_lazy("an assessment"),
    "api.assessments": gettext_lazy("the assessments"),
    "api.referral": gettext_lazy("a referral"),
    "api.followup": gettext_lazy("a follow-up"),
    "sharing.SharingDecision": gettext_lazy("a sharing decision"),
    "reports.Tracking": gettext_lazy("an item on the board of police and prosecutor"),
}
MODELS = {
    "cases.CaseExclusion": gettext_lazy("exclusion of a person"),
    "riskassessment.Countersignature": gettext_lazy("second signature"),
    "sharing.AuthorisationEnd": gettext_lazy("end of an authorisation"),
    "sharing.BreakGlassReview": gettext_lazy("review of an emergency access"),
    "sharing.IncidentStep": gettext_lazy("step of a safety incident"),
    "sharing.RectificationReceipt": gettext_lazy("papers corrected"),
    "sharing.SharingRevocation": gettext_lazy("end of a sharing"),
}
SYSTEM = {
    "reminders": gettext_lazy("MOVE, reminders"),
    "grants": gettext_lazy("MOVE, permissions"),
    "checks": gettext_lazy("MOVE, checks"),
    "files": gettext_lazy("MOVE, checking of files"),
    "notices": gettext_lazy("MOVE, mail"),
    "reference": gettext_lazy("MOVE, set-up"),
    "restriction": gettext_lazy("MOVE, permissions"),
    "oversight": gettext_lazy("MOVE, data protection"),
    "unusual": gettext_lazy("MOVE, data protection"),
    "matching": gettext_lazy("MOVE, search for the same person"),
    "safety": gettext_lazy("MOVE, emergency access"),
    "sealing": gettext_lazy("MOVE, sealing"),
    "levels": gettext_lazy("MOVE, level of the case"),
    "repeats": gettext_lazy("MOVE, repeated events"),
    "consultations": gettext_lazy("MOVE, consultations without identity"),
    "letters": gettext_lazy("MOVE, answer to a letter"),
    "callbacks": gettext_lazy("MOVE, requests to be called back"),
    "measures_check": gettext_lazy("MOVE, question on the road"),
    "gaps": gettext_lazy("MOVE, missing services"),
}
FIELDS = {
    "level_at": gettext_lazy("date of the level"),
    "reassess_by": gettext_lazy("date of the reassessment"),
    "closed_at": gettext_lazy("closing"),
    "supervised_until": gettext_lazy("under supervision until"),
    "ended_at": gettext_lazy("end"),
    "answers": gettext_lazy("answers"),
    "signed_at": gettext_lazy("signature"),
    "settled_at": gettext_lazy("settled"),
    "outcome": gettext_lazy("outcome"),
    "assigned_to": gettext_lazy("person in charge"),
    "state": gettext_lazy("state"),
}
REASONS = {"403": gettext_lazy("not allowed to this person"), "404": gettext_lazy("not open to this person")}
CODES: Mapping[str, type[TextChoices]] = {
    "plans.AlertAnswer": AlertOutcome,
    "plans.AgencyFollowUp": PartCode,
    "plans.CaseClosing": ClosingKind,
    "plans.CaseReopening": ReopenedFor,
    "plans.LeadAnswer": LeadState,
    "plans.LeadOffer": LeadWhy,
    "plans.road_check": Why,
    "reports.ProsecutorDecision": Decision,
    "reports.TrackingAct": TrackingStep,
    "sharing.BreakGlassReview": Verdict,
    "sharing.IncidentStep": StepKind,
    "sharing.Rectification": RectifiedKind,
    "sharing.SafetyIncident": IncidentKind,
    "sharing.SubjectAnswer": Outcome,
    "sharing.SubjectCheck": CheckConclusion,
    "sharing.SubjectRequest": AskedBy,
}
"""Where the reason of a decision is no basis: what it is a code of."""
CHANGES = {0: gettext_lazy("Added"), 1: gettext_lazy("Changed"), 2: gettext_lazy("Removed")}


def page_words(kind: str) -> str:
    """What an object_kind names, a page or a model."""
    return str(PAGES.get(kind) or model_name(kind))


def model_name(kind: str) -> str:
    """The words of an object_kind that names a model; for the address of a page, which is no word, "a page"."""
    try:
        return str(MODELS.get(kind) or apps.get_model(kind)._meta.verbose_name)
    except (LookupError, ValueError):
        return _("a page of the case")


def basis_words(reason: str, at: datetime, kind: str = "") -> str:
    """A basis with its article as numbered on that day; another code in words; any other reason as it was written."""
    if kind in CODES and reason in CODES[kind].values:
        return str(CODES[kind](reason).label)
    if reason not in Basis.values:
        return str(REASONS.get(reason, reason))
    return with_article(str(Basis(reason).label), reason, local(at).date())


def categories(fields: Iterable[str]) -> list[str]:
    """ "category:side" pairs in words, one for each category; identifiers that were listed are left out."""
    sides: dict[Category, list[Side]] = {}
    for item in fields:
        category, _separator, side = str(item).partition(":")
        if category in Category.values and side in Side.values:
            sides.setdefault(Category(category), []).append(Side(side))
    found = []
    for category, about_whom in sides.items():
        named = [side for side in about_whom if side != Side.CASE]
        whom = ", ".join(str(side.label) for side in named)
        found.append(f"{category.label} ({whom})" if len(named) > 1 else about(category, (named or about_whom)[0]))
    return found


def changed_fields(model: Any, changes: dict | None) -> list[str]:
    """The names of the fields that changed, never their values; those that have no words are the machinery's."""
    fields = {field.name: getattr(field, "verbose_name", "") for field in model._meta.get_fields()} if model else {}
    words = (FIELDS.get(name) or fields.get(name) for name in changes or {})
    return [str(word) for word in words if isinstance(word, Promise)]
