"""The words of the timeline, and which lines are not for his side. Pure: a code and its payload in, nothing fetched."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, TextChoices
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .enums import EventCode, ParticipationSide

SMALL = frozenset(
    {
        EventCode.J2_PLANNED,
        EventCode.REMINDER_SENT,
        EventCode.REFERRAL_RECEIVED,
        EventCode.SENT_TO_PROSECUTOR,
        EventCode.DISPUTE_SENT,
        EventCode.REFERRAL_EXPIRED,
    }
)
"""Lines of the machinery; the others are what somebody did."""

PEOPLE, MACHINERY = "people", "system"
"""What somebody did, and what the system noted, as the timeline is asked for them."""

NOT_NEWS = frozenset({EventCode.REMINDER_SENT})
"""Lines that are never new to anybody: on the timeline and in “my work” alike."""

NOT_ON_HIS_SIDE = frozenset(
    {
        EventCode.EVENTS_REPEATED,
        EventCode.LEVELS_DISAGREE,
        EventCode.HEARING_ASKED,
        EventCode.HEARING_HELD,
        EventCode.CHILD_CHANGED,
        EventCode.RELEASE_TOLD,
        EventCode.CASE_REOPENED,
        EventCode.PROGRAMME_ALERT,
        EventCode.SAFETY_PLAN_WRITTEN,
        EventCode.PLAN_AGREED,
        EventCode.MONITORING_BEGUN,
        EventCode.MONITORING_EXTENDED,
    }
)
"""Lines that are not for his side, whatever it was granted: that something was reported again, that another service
assessed, that somebody is to be heard, where her children are.
"""

NOT_ON_HER_SIDE = frozenset({EventCode.PROGRAMME_BEGUN, EventCode.PROGRAMME_MOVED})
"""Lines of his programme: a service that works with her reads nothing of it, whatever it was granted."""

TELLS_HIM = {
    EventCode.PROSECUTOR_DECIDED: ("outcome", frozenset({"hearing", "inquiry"})),
    EventCode.PROSECUTOR_MEASURE: ("measure", frozenset({"seizure"})),
    EventCode.MEASURE_MOVED: ("for_him", frozenset({"no"})),
    EventCode.NEEDS_ASSESSED: ("about", frozenset({"victim"})),
}
"""Lines that are not for his side by what they say: that he is to be heard or looked into, that things are seized."""


def kept_from_his_side() -> Q:
    """The same two, as a filter on events."""
    found = Q(code__in=NOT_ON_HIS_SIDE)
    for code, (name, values) in TELLS_HIM.items():
        found |= Q(("code", code), (f"payload__{name}__in", sorted(values)))
    return found


def is_kept_from_his_side(code: str, payload: Mapping[str, Any]) -> bool:
    """Whether one line is not for his side."""
    name, values = TELLS_HIM.get(code, ("", frozenset()))
    return code in NOT_ON_HIS_SIDE or payload.get(name) in values


def kept_from(side: str) -> Q:
    """The lines that an agency standing on this side never reads, its own included: on the timeline, in “my work” and
    in a preview alike. The policy of events repeats it (`cases_kept_from`).
    """
    if side == ParticipationSide.PERPETRATOR:
        return kept_from_his_side()
    return Q(code__in=NOT_ON_HER_SIDE) if side == ParticipationSide.VICTIM else Q(pk__in=[])


def is_kept_from(side: str, code: str, payload: Mapping[str, Any]) -> bool:
    """The same rule, of one line in hand."""
    if side == ParticipationSide.PERPETRATOR:
        return is_kept_from_his_side(code, payload)
    return side == ParticipationSide.VICTIM and code in NOT_ON_HER_SIDE


class Family(TextChoices):
    """What a line is about, as the timeline is asked for it."""

    REPORTS = "reports", pgettext_lazy("timeline", "Reports and situations")
    CONTACTS = "contacts", pgettext_lazy("timeline", "People and contacts")
    ASSESSMENTS = "assessments", pgettext_lazy("timeline", "Assessments and coordination")
    SHARING = "sharing", pgettext_lazy("timeline", "Referrals and sharing")
    NOTES = "notes", pgettext_lazy("timeline", "Notes and files")
    JUSTICE = "justice", pgettext_lazy("timeline", "Measures and justice")
    CHILDREN = "children", pgettext_lazy("timeline", "Children")
    APPOINTMENTS = "appointments", pgettext_lazy("timeline", "Appointments and reminders")


FAMILY_CODES: Mapping[Family, tuple[EventCode, ...]] = {
    Family.REPORTS: (
        EventCode.REPORT_RECORDED,
        EventCode.REPORT_ADDED,
        EventCode.SITUATION_RECORDED,
        EventCode.COMPLAINT_CONTINUES,
        EventCode.CLASSIFICATION_VERIFIED,
        EventCode.EVENTS_REPEATED,
        EventCode.COUNTER_COMPLAINT_LINKED,
        EventCode.COUNTER_COMPLAINT_REVIEWED,
    ),
    Family.CONTACTS: (
        EventCode.J2_PLANNED,
        EventCode.J2_ATTEMPT,
        EventCode.J2_DONE,
        EventCode.J2_STOPPED,
        EventCode.CONTACT_CHANGED,
        EventCode.INCIDENT_REPORTED,
        EventCode.PERSONS_MERGED,
        EventCode.PERSONS_PARTED,
        EventCode.NEEDS_ASSESSED,
        EventCode.DANGER_FLAGGED,
        EventCode.DANGER_ENDED,
    ),
    Family.ASSESSMENTS: (
        EventCode.ASSESSMENT_SIGNED,
        EventCode.LEVEL_CONCLUDED,
        EventCode.LEVEL_COUNTERSIGNED,
        EventCode.ASSESSMENT_VALIDATED,
        EventCode.ASSESSMENT_RETURNED,
        EventCode.TURNING_POINT,
        EventCode.DUTY_HANDED_OVER,
        EventCode.LEVELS_DISAGREE,
        EventCode.COORDINATION_ASKED,
        EventCode.COORDINATION_RETAINED,
        EventCode.COORDINATION_REDIRECTED,
        EventCode.MONITORING_ENDED,
        EventCode.MONITORING_BEGUN,
        EventCode.MONITORING_EXTENDED,
        EventCode.PLAN_AGREED,
        EventCode.ACTION_PLANNED,
        EventCode.ACTION_ANSWERED,
        EventCode.SAFETY_PLAN_WRITTEN,
    ),
    Family.SHARING: (
        EventCode.REFERRAL_SENT,
        EventCode.REFERRAL_RECEIVED,
        EventCode.REFERRAL_ACCEPTED,
        EventCode.REFERRAL_DECLINED,
        EventCode.REFERRAL_WITHDRAWN,
        EventCode.REFERRAL_BEGUN,
        EventCode.REFERRAL_COMPLETED,
        EventCode.REFERRAL_EXPIRED,
        EventCode.REFERRAL_FEEDBACK,
        EventCode.CONSENT_RECORDED,
        EventCode.CONSENT_WITHDRAWN,
        EventCode.WITHDRAWAL_CHECKED,
        EventCode.SHARED,
        EventCode.SHARING_ENDED,
        EventCode.INFORMATION_REQUESTED,
        EventCode.INFORMATION_ANSWERED,
        EventCode.BREAK_GLASS_OPENED,
        EventCode.BREAK_GLASS_ENDED,
        EventCode.PART_ENDED,
        EventCode.PART_RESUMED,
        EventCode.LEAD_OFFERED,
        EventCode.LEAD_TAKEN,
        EventCode.LEAD_DECLINED,
        EventCode.CASE_SUPERVISED,
        EventCode.CASE_CLOSED,
        EventCode.CASE_REOPENED,
    ),
    Family.NOTES: (
        EventCode.NOTE_WRITTEN,
        EventCode.NOTE_CORRECTED,
        EventCode.FILE_ADDED,
        EventCode.FILE_REFUSED,
        EventCode.FILE_REMOVED,
        EventCode.RECTIFIED,
    ),
    Family.JUSTICE: (
        EventCode.SENT_TO_PROSECUTOR,
        EventCode.PROSECUTOR_MISSING,
        EventCode.DISPUTE_SENT,
        EventCode.PROSECUTOR_DECIDED,
        EventCode.PROSECUTOR_MEASURE,
        EventCode.HEARING_ASKED,
        EventCode.HEARING_HELD,
        EventCode.DETAINED,
        EventCode.DETENTION_CONFIRMED,
        EventCode.RELEASED,
        EventCode.RELEASE_TOLD,
        EventCode.MEASURE_MOVED,
        EventCode.PROGRAMME_BEGUN,
        EventCode.PROGRAMME_MOVED,
        EventCode.PROGRAMME_ALERT,
    ),
    Family.CHILDREN: (EventCode.CHILD_CHANGED,),
    Family.APPOINTMENTS: (
        EventCode.APPOINTMENT_MADE,
        EventCode.APPOINTMENT_ENDED,
        EventCode.INTERPRETER_ASKED,
        EventCode.INTERPRETER_ANSWERED,
        EventCode.REMINDER_SENT,
    ),
}
"""Every code, in one family. Notes that stay inside an agency are no events: they belong to NOTES."""

REPORTS = {
    "police_dispute_report": _("Family dispute report recorded"),
    "police_complaint": _("Complaint report recorded"),
    "sensitive_note": _("Sensitive information note recorded"),
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
    "classification": _("Reminder of the verification of a classification sent"),
    "prosecutor_decision": _("Reminder of the prosecutor’s decision sent"),
    "appointment": _("Reminder of an appointment sent"),
    "release": _("Reminder of a release to be told sent"),
    "lead_handover": _("Reminder of the offer of the lead sent"),
    "supervision": _("Reminder of the end of the supervision sent"),
    "action": _("Reminder of an action of the plan sent"),
    "measure_end": _("Reminder of the end of a measure sent"),
    "programme_alert": _("Reminder of a worry to pass on sent"),
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
DETENTIONS = {
    "still": _("Detention: still detained"),
    "transferred": _("Detention: transferred"),
    "unknown": _("Detention: nobody knows whether he is still detained"),
}
RELEASES = {
    "planned": _("A release is planned"),
    "happened": _("He is out"),
    "cancelled": _("A release is no longer planned"),
}
TELLINGS = {
    "her": _("Release: she was told"),
    "trusted": _("Release: a person of her trust was told"),
    "not_reached": _("Release: she could not be reached safely yet"),
    "not_wished": _("Release: she does not wish to be told"),
}
CHILDREN = {
    "contact": _("Who knows a child: changed"),
    "arrangement": _("With whom a child is, and who may fetch the child: changed"),
    "exposure": _("What a child lived through: written"),
}
PROSECUTOR_DECISIONS = {
    "closed": _("Prosecutor: closed without further action"),
    "follow_up": _("Prosecutor: followed up"),
    "hearing": _("Prosecutor: hearing decided"),
    "inquiry": _("Prosecutor: inquiry decided"),
}
PROSECUTOR_MEASURES = {
    "no_contact": _("Prosecutor: ban on contact"),
    "contact_allowed": _("Prosecutor: contact allowed, under conditions"),
    "seizure": _("Prosecutor: seizure"),
    "residence_ban": _("Prosecutor: temporary residence ban"),
    "other_measure": _("Prosecutor: another measure"),
}
MEASURE_KINDS = {
    "residence_ban": _("temporary residence ban"),
    "no_contact": _("ban on contact"),
    "no_approach": _("ban on coming near a place or a person"),
    "arrest_warrant": _("arrest warrant"),
    "conditions": _("release under conditions"),
    "anti_approach": _("alarm when he comes near"),
    "mobile_alarm": _("mobile alarm"),
    "secret_address": _("address that may not be communicated"),
}
MEASURES = {
    "request": _("Protection measure asked for"),
    "order": _("Protection measure ordered"),
    "refuse": _("Protection measure refused"),
    "notify": _("Protection measure notified"),
    "hearing": _("Protection measure: hearing at the family court fixed"),
    "extend": _("Protection measure extended"),
    "run_out": _("Protection measure: its end is reached"),
    "lift": _("Protection measure lifted"),
    "end": _("Protection measure ended"),
    "told": _("Protection measure: somebody was told"),
    "breach": _("Protection measure not respected"),
    "address": _("Protection measure: he has given an address"),
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
    EventCode.PROGRAMME_ALERT: _("A worry about him passed on to a service of hers"),
    EventCode.PART_ENDED: _("A service has ended its follow-up"),
    EventCode.PART_RESUMED: _("A service has taken its follow-up up again"),
    EventCode.CASE_SUPERVISED: _("The case is under supervision"),
    EventCode.CASE_CLOSED: _("The case is closed"),
    EventCode.CASE_REOPENED: _("The case is open again"),
    EventCode.LEAD_OFFERED: _("The lead of the case is offered to another service"),
    EventCode.LEAD_TAKEN: _("Another service leads the case from now on"),
    EventCode.LEAD_DECLINED: _("The lead of the case was not taken over"),
    EventCode.FILE_REFUSED: _("File destroyed: the antivirus found something in it"),
}
"""Where the words of the code alone would say too little."""

PROGRAMME_MOVES = {
    "mandated": _("Programme: a mandate"),
    "prolonged": _("Programme: the mandate is prolonged"),
    "mandate_ended": _("Programme: the mandate is over"),
    "completed": _("Programme completed"),
    "dropped_out": _("He has left his programme"),
    "excluded": _("Excluded from his programme"),
    "resumed": _("Programme taken up again"),
}
STRANDS = {
    "monitoring": pgettext_lazy("strand", "monitoring"),
    "support": pgettext_lazy("strand", "support services"),
    "supervision": pgettext_lazy("strand", "supervision"),
    "safety": pgettext_lazy("strand", "safety planning"),
}
ACTIONS = {
    "done": _("Action done"),
    "not_done": _("Action not done"),
    "impossible": _("Action no longer possible"),
}
APPOINTMENTS = {
    "kept": _("Appointment: it took place"),
    "missed": _("Appointment: the person did not come"),
    "cancelled": _("Appointment cancelled"),
    "moved": _("Appointment moved to another moment"),
}
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
    "call_service": _("call the service"),
    "verification": _("verify the assessment"),
    "correct_assessment": _("assess again, with the remarks"),
    "coordinated_plan": _("agree on a coordinated plan"),
    "coordination_answer": _("answer the request to the coordination"),
    "ask_coordination": _("ask the coordination, or meet"),
    "classification": _("verify the classification"),
    "prosecutor_decision": _("decide"),
    "release": _("tell her of a release"),
    "hear": _("hold the hearing"),
    "appointment": _("say what became of the appointment"),
    "lead_handover": _("say whether it takes over the lead"),
    "supervision": _("close or extend the supervision"),
    "action": _("say what became of an action"),
    "monitoring_end": _("end close monitoring, or extend it"),
    "programme_alert": _("pass a worry about him on"),
}


def title(code: str, payload: Mapping[str, Any]) -> str:
    """What happened, in a few words."""
    words = str(TITLES.get(code) or capfirst(EventCode(code).label))
    if code in (EventCode.REPORT_RECORDED, EventCode.REPORT_ADDED):
        return str(REPORTS.get(payload.get("kind", ""), words))
    if code in (EventCode.J2_ATTEMPT, EventCode.J2_DONE, EventCode.J2_STOPPED):
        return str(OUTCOMES.get(payload.get("outcome", ""), words))
    if code == EventCode.PROSECUTOR_DECIDED:
        return str(PROSECUTOR_DECISIONS.get(payload.get("outcome", ""), words))
    if code == EventCode.PROSECUTOR_MEASURE:
        return str(PROSECUTOR_MEASURES.get(payload.get("measure", ""), words))
    if code == EventCode.MEASURE_MOVED:
        return str(MEASURES.get(payload.get("act", ""), words))
    if code == EventCode.WITHDRAWAL_CHECKED:
        return str(WITHDRAWALS.get(payload.get("answer", ""), words))
    if code == EventCode.CONTACT_CHANGED and payload.get("wishes") == "none":
        return str(_("She does not wish to be contacted"))
    if code == EventCode.TURNING_POINT:
        return str(TURNS.get(payload.get("kind", ""), words))
    if code == EventCode.DETENTION_CONFIRMED:
        return str(DETENTIONS.get(payload.get("answer", ""), words))
    if code == EventCode.RELEASED:
        return str(RELEASES.get(payload.get("kind", ""), words))
    if code == EventCode.RELEASE_TOLD:
        return str(TELLINGS.get(payload.get("outcome", ""), words))
    if code == EventCode.CHILD_CHANGED:
        return str(CHILDREN.get(payload.get("changed", ""), words))
    if code == EventCode.PROGRAMME_MOVED:
        return str(PROGRAMME_MOVES.get(payload.get("step", ""), words))
    if code == EventCode.APPOINTMENT_ENDED:
        return str(APPOINTMENTS.get(payload.get("outcome", ""), words))
    if code == EventCode.REMINDER_SENT:
        return str(REMINDERS.get(payload.get("kind", ""), words))
    if code in (EventCode.ACTION_PLANNED, EventCode.ACTION_ANSWERED):
        words = ACTIONS.get(payload.get("outcome", ""), words)
        return f"{words} · {STRANDS[payload['strand']]}" if payload.get("strand") in STRANDS else str(words)
    need = NEEDS.get(payload.get("need", ""))
    return f"{words} · {need}" if need else words


def detail(code: str, payload: Mapping[str, Any]) -> str:
    """One more sentence, or nothing."""
    if code in (EventCode.REPORT_RECORDED, EventCode.REPORT_ADDED) and (count := payload.get("children")):
        return str(_("Children named in the report: %(count)d") % {"count": count})
    if code == EventCode.SITUATION_RECORDED and payload.get("danger"):
        return str(_("Somebody was in danger at that moment."))
    if code == EventCode.RECTIFIED:
        return str(RECTIFIED.get(payload.get("rectified", ""), ""))
    if code == EventCode.MEASURE_MOVED:
        return str(capfirst(MEASURE_KINDS.get(payload.get("kind", ""), "")))
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
