"""The words of the timeline. Pure: a code and its payload in, text out; nothing is fetched."""

from collections.abc import Mapping
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .enums import EventCode

SMALL = frozenset(
    {EventCode.J2_PLANNED, EventCode.REMINDER_SENT, EventCode.REFERRAL_RECEIVED, EventCode.SENT_TO_PROSECUTOR}
)
"""Lines of the machinery; the others are what somebody did."""

NOT_ON_HIS_SIDE = frozenset({EventCode.EVENTS_REPEATED, EventCode.LEVELS_DISAGREE})
"""Lines of the level that are not for his side: that something was reported again, that another service assessed."""

REPORTS = {
    "police_dispute_report": _("Family dispute report recorded"),
    "police_complaint": _("Complaint report recorded"),
}
OUTCOMES = {
    "reached": _("J+2 contact: she was reached"),
    "no_answer": _("J+2 contact: no answer"),
    "call_back": _("J+2 contact: she asks to be called back"),
    "not_alone": _("J+2 contact: she could not speak freely"),
    "other_answered": _("J+2 contact: somebody else answered"),
    "wrong_number": _("J+2 contact: the number is no longer right"),
    "declined": _("J+2 contact: she does not wish it any more"),
}
REMINDERS = {
    "j2_contact": _("Reminder of the J+2 contact sent"),
    "reassessment": _("Reminder of the reassessment sent"),
    "referral_answer": _("Reminder of the awaited answer sent"),
    "request_answer": _("Reminder of the awaited answer sent"),
    "withdrawal_check": _("Reminder of the question about a withdrawn consent sent"),
    "verification": _("Reminder of the verification sent"),
    "coordinated_plan": _("Reminder of the coordinated plan sent"),
}
RECTIFIED = {
    "report": _("In a report."),
    "note": _("In a note."),
    "person": _("In who a person is."),
    "assessment": _("In the answers of a grid."),
}
WITHDRAWALS = {
    "own_wish": _("Withdrawn consent: she wished it herself"),
    "pressed": _("Withdrawn consent: she was made to withdraw it"),
    "unclear": _("Withdrawn consent: she was asked, and it stays unclear"),
    "not_reached": _("Withdrawn consent: she could not be asked safely yet"),
}
TURNS = {
    "report": _("New report"),
    "measure_requested": _("Protection measure requested"),
    "measure_notified": _("Protection measure notified"),
    "measure_breached": _("Protection measure breached"),
    "measure_ended": _("Protection measure ended"),
    "release": _("Release of the presumed perpetrator"),
    "separation": _("Separation"),
    "move": _("She moves or has moved"),
    "pregnancy": _("Pregnancy"),
    "family_court": _("Decision of the family court"),
    "programme_dropout": _("He has left his programme"),
}
BACK_FROM_TODAY = _("Events in the last %(months)d months, seen by all services together: %(events)d or more.")
AFTER_CONSULTATION = _(
    "Events within %(months)d months of the last consultation, seen by all services together: %(events)d or more."
)
NEEDS = {
    "shelter": pgettext_lazy("need", "shelter"),
    "psychosocial": _("psychosocial support"),
    "legal": _("legal help"),
    "health": _("health care"),
    "social": _("social and financial help"),
    "children": _("help for the children"),
    "perpetrator_work": _("work with the presumed perpetrator"),
    "other": _("another need"),
}
TITLES = {
    EventCode.REPORT_ADDED: _("New report in the case"),
    EventCode.ASSESSMENT_SIGNED: _("Risk grid signed"),
    EventCode.SENT_TO_PROSECUTOR: _("Complaint sent to the prosecutor"),
    EventCode.PROSECUTOR_MISSING: _("Complaint not sent: no prosecutor is configured"),
    EventCode.NOTE_WRITTEN: _("Note"),
    EventCode.LEVELS_DISAGREE: _("Two services judge the risk differently"),
    EventCode.CONTACT_CHANGED: _("Safe-contact rules changed"),
    EventCode.FILE_REFUSED: _("File destroyed: the antivirus found something in it"),
}
"""Where the words of the code alone would say too little."""

MOVES = {
    "j2_contact": _("J+2 contact"),
    "reassessment": _("reassess the risk"),
    "conclude_level": _("conclude the level"),
    "countersign": _("countersign the level"),
    "read_complaint": _("read the complaint"),
    "referral_answer": _("answer the referral"),
    "request_answer": _("answer the information request"),
    "withdrawal_check": _("ask safely about the withdrawn consent"),
    "refer_elsewhere": _("refer to another service"),
    "verification": _("verify the assessment"),
    "correct_assessment": _("assess again, with the remarks"),
    "coordinated_plan": _("agree on a coordinated plan"),
    "coordination_answer": _("answer the request to the coordination"),
    "ask_coordination": _("ask the coordination, or meet"),
}


def title(code: str, payload: Mapping[str, Any]) -> str:
    """What happened, in a few words."""
    words = str(TITLES.get(code) or capfirst(EventCode(code).label))
    if code in (EventCode.REPORT_RECORDED, EventCode.REPORT_ADDED):
        return str(REPORTS.get(payload.get("kind", ""), words))
    if code in (EventCode.J2_ATTEMPT, EventCode.J2_DONE, EventCode.J2_STOPPED):
        return str(OUTCOMES.get(payload.get("outcome", ""), words))
    if code == EventCode.WITHDRAWAL_CHECKED:
        return str(WITHDRAWALS.get(payload.get("answer", ""), words))
    if code == EventCode.TURNING_POINT:
        return str(TURNS.get(payload.get("kind", ""), words))
    if code == EventCode.REMINDER_SENT:
        return str(REMINDERS.get(payload.get("kind", ""), words))
    need = NEEDS.get(payload.get("need", ""))
    return f"{words} · {need}" if need else words


def detail(code: str, payload: Mapping[str, Any]) -> str:
    """One more sentence, or nothing."""
    if code in (EventCode.REPORT_RECORDED, EventCode.REPORT_ADDED) and (count := payload.get("children")):
        return str(_("Children named in the report: %(count)d") % {"count": count})
    if code == EventCode.RECTIFIED:
        return str(RECTIFIED.get(payload.get("rectified", ""), ""))
    if code == EventCode.LEVEL_CONCLUDED and payload.get("waits"):
        return str(_("It brings the level down: it waits for a second signature."))
    if code == EventCode.LEVELS_DISAGREE:
        return str(_("One grid says high or critical, another low: meet, and look at what each has seen."))
    if code == EventCode.EVENTS_REPEATED:
        words = AFTER_CONSULTATION if payload.get("since") == "consultation" else BACK_FROM_TODAY
        return str(words % {"events": payload.get("events", 0), "months": payload.get("months", 0)})
    if code == EventCode.REMINDER_SENT and payload.get("step", 0):
        return str(_("It had stayed unanswered."))
    return ""


def next_move(act: str) -> str:
    """The words of the next move; the code itself for one that has no words here."""
    return str(MOVES.get(act, act))
