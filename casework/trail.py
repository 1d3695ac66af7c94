"""Who has read and changed a case, from both trails, in words. What is told is who, when, what and on which basis."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from agencies.models import Agency, Membership
from audit.models import Action, AuditEvent, LogEntry
from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case
from cases.words import about
from common.clock import local
from common.pagination import Key, KeysetPage, paginate_together
from sharing.law import with_article
from sharing.models import Basis

KEYS = (Key("at", descending=True), Key("id", descending=True))
PER_PAGE = 60

PAGES = {
    "cases.summary": gettext_lazy("the summary"),
    "cases.write_note": gettext_lazy("the page to write a note"),
    "cases.people": gettext_lazy("the people"),
    "cases.contact": gettext_lazy("a whole number or address"),
    "cases.reports": gettext_lazy("the reports"),
    "cases.files": gettext_lazy("the files"),
    "cases.new_file": gettext_lazy("the page to add a file"),
    "reports.Attachment": gettext_lazy("a file"),
    "reports.new": gettext_lazy("the reference, to report again"),
    "cases.assessments": gettext_lazy("the assessments"),
    "cases.referrals": gettext_lazy("the referrals"),
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
    "administration.case_access": gettext_lazy("who holds what, without content"),
    "cases.trail": gettext_lazy("this list of readings and changes"),
    "referrals.detail": gettext_lazy("a referral"),
    "followups.number": gettext_lazy("the number to call"),
    "api.case": gettext_lazy("the summary"),
    "api.report": gettext_lazy("a report"),
    "api.referral": gettext_lazy("a referral"),
    "api.followup": gettext_lazy("a follow-up"),
    "sharing.SharingDecision": gettext_lazy("a sharing decision"),
}
MODELS = {
    "cases.CaseExclusion": gettext_lazy("exclusion of a person"),
    "riskassessment.Countersignature": gettext_lazy("second signature"),
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
}
FIELDS = {
    "level_at": gettext_lazy("date of the level"),
    "reassess_by": gettext_lazy("date of the reassessment"),
    "closed_at": gettext_lazy("closing"),
    "ended_at": gettext_lazy("end"),
    "answers": gettext_lazy("answers"),
    "signed_at": gettext_lazy("signature"),
    "settled_at": gettext_lazy("settled"),
    "outcome": gettext_lazy("outcome"),
    "assigned_to": gettext_lazy("person in charge"),
    "state": gettext_lazy("state"),
}
CHANGES = {0: gettext_lazy("Added"), 1: gettext_lazy("Changed"), 2: gettext_lazy("Removed")}


def sees_all(access: CaseAccess) -> bool:
    """Whether the trail of every agency is told; the others read their own agency's rows."""
    return access.can(Category.NETWORK, Side.VICTIM)


def page_of(case: Case, access: CaseAccess, membership: Membership, cursor: str | None) -> KeysetPage[dict]:
    """One page of both trails, the latest first. Raises BadCursor."""
    events: QuerySet = AuditEvent.objects.filter(case_id=case.pk)
    entries: QuerySet = LogEntry.objects.filter(case_id=case.pk)
    if not sees_all(access):
        events = events.filter(agency_id=membership.agency_id)
        entries = entries.filter(agency_id=membership.agency_id)
    shared = ("at", "id", "agency_id", "action", "reason", "system")
    rows = [
        events.values(*shared, "user_id", "object_kind", "fields", "request_id"),
        entries.annotate(at=F("timestamp")).values(*shared, "actor_id", "content_type_id", "changes", "cid"),
    ]
    return paginate_together(rows, keys=KEYS, cursor=cursor, per_page=PER_PAGE)


def lines(rows: Iterable[dict]) -> list[dict[str, Any]]:
    """Rows of `page_of` in words; what one person did in one request, or read again and again, is one line."""
    rows = list(rows)
    people = User.objects.in_bulk({row.get("user_id") or row.get("actor_id") for row in rows} - {None})
    agencies = Agency.objects.in_bulk({row["agency_id"] for row in rows} - {None})
    told: list[dict[str, Any]] = []
    for row in rows:
        line = _change(row) if "actor_id" in row else _event(row)
        user = people.get(row.get("user_id") or row.get("actor_id"))
        agency = agencies.get(row["agency_id"])
        line |= {
            "at": row["at"],
            "who": user.full_name if user else str(SYSTEM.get(row["system"], _("MOVE"))),
            "agency": agency.short_name if agency else "",
            "count": 1,
        }
        last = told[-1] if told else None
        if last and all(last[name] == line[name] for name in ("who", "agency", "group")):
            _join(last, line)
        else:
            told.append(line)
    return told


def _event(row: dict) -> dict[str, Any]:
    kind = row["object_kind"]
    return {
        "icon": {Action.READ: "eye", Action.DECIDED: "key", Action.REFUSED: "slash-circle"}.get(row["action"], "eye"),
        "what": str(Action(row["action"]).label).capitalize(),
        "objects": [page_words(kind)],
        "fields": categories(row["fields"]),
        "basis": _basis(row["reason"], row["at"]),
        "group": ("event", row["action"], kind, tuple(row["fields"])),
    }


def _basis(reason: str, at: datetime) -> str:
    """A basis with its article as numbered on that day; any other reason as it was written."""
    if reason not in Basis.values:
        return reason
    return with_article(str(Basis(reason).label), reason, local(at).date())


def _change(row: dict) -> dict[str, Any]:
    model = ContentType.objects.get_for_id(row["content_type_id"]).model_class()
    return {
        "icon": "pencil-square",
        "what": str(CHANGES.get(row["action"], row["action"])),
        "objects": [str(MODELS.get(model._meta.label) or model._meta.verbose_name)] if model else [],
        "fields": changed_fields(model, row["changes"]) if row["action"] == 1 else [],
        "basis": row["reason"],
        "group": ("change", row["action"], row["cid"]),
    }


def _join(line: dict[str, Any], more: dict[str, Any]) -> None:
    line["count"] += 1
    for name in ("objects", "fields"):
        line[name] += [item for item in more[name] if item not in line[name]]


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


def page_words(kind: str) -> str:
    """What an object_kind names, a page or a model."""
    return str(PAGES.get(kind) or model_name(kind))


def model_name(kind: str) -> str:
    """The words of an object_kind that names a model; for the address of a page, which is no word, "a page"."""
    try:
        return str(MODELS.get(kind) or apps.get_model(kind)._meta.verbose_name)
    except (LookupError, ValueError):
        return _("a page of the case")
