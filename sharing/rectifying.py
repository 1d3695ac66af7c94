"""A wrong fact is corrected beside its record, and who received it is told (law of 30 July 2018, art. 32)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, Expression
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from agencies.services import writers_by_agency
from audit.models import Action
from audit.services import record
from cases.access import CaseAccess, participants
from cases.enums import Category, EventCode, ParticipationSide, network_side
from cases.models import Case
from cases.perms import may_rectify
from cases.services import NOT_AUTHOR, check, log_event
from common.acting import SystemContext, system_context
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.templatetags.ui import local_date
from notifications.models import Notice, NoticeKind
from notifications.services import compose, deliver

from .grants import permission_of, refused_to
from .models import (
    OralDisclosure,
    Rectification,
    RectificationReceipt,
    RectificationRecipient,
    RectifiedKind,
    SharingDecision,
)
from .perms import may_acknowledge
from .services import sides_in

LONGEST = 2000


@dataclass(frozen=True)
class WrongRecord:
    """What holds the wrong fact: whose it is, who wrote it and since when others could read it."""

    kind: RectifiedKind
    object_id: UUID
    category: str
    side: str
    agency: Agency
    since: datetime
    internal: bool = False


# --- who received it ------------------------------------------------------------------------------------------
def received(*, case: Case, category: str, side: str, since: datetime, author: Agency) -> list[Agency]:
    """Every other agency that could read this category and side at any moment since, or was told of it aloud.

    By decisions, live or ended since. What a side is always refused, it is not told of here either.
    """
    pair = f"{category}:{side}"
    with system_context(SystemContext.GRANTS):
        # whoever decided: the author may not know of the decision, nor of the consent it rested on
        decisions = list(
            SharingDecision.objects.filter(case=case, starts_at__lte=now(), grants__contains=[pair]).select_related(
                "recipient", "consent__withdrawal", "authorisation__taken_back", "revocation"
            )
        )
        said = OralDisclosure.objects.filter(case=case, said_at__gt=since, grants__contains=[pair])
        found = {agency.pk: agency for agency in Agency.objects.filter(pk__in=said.values("to_agency"))}
    found |= {decision.recipient_id: decision.recipient for decision in decisions if _held_after(decision, since)}
    found.pop(author.pk, None)
    sides = sides_in(case, found.values())
    told = (agency for agency in found.values() if permission_of(pair) not in refused_to(sides[agency.pk]))
    return sorted(told, key=lambda agency: agency.name)


def _held_after(decision: SharingDecision, since: datetime) -> bool:
    """Whether what a decision opened was open at a moment after `since`."""
    end = decision.ended_at
    return end is None or end > max(since, decision.starts_at)


# --- correcting -----------------------------------------------------------------------------------------------
def already_made(*, by: Membership, case: Case, key: UUID) -> Rectification | None:
    """The rectification the acting agency made with this form before; waits for the same form sent at this moment."""
    lock(f"rectification {key}")
    return Rectification.objects.filter(pk=key, case=case, agency=by.agency_id).first()


def rectify(
    *, by: Membership, case: Case, access: CaseAccess, wrong_record: WrongRecord, wrong: str, right: str, key: UUID
) -> Rectification:
    """Write down what was wrong and what is right, and tell who received it. The same `key` gives the same row.

    Raises Refused for who does not write for the agency that wrote the record, RuleBroken by field.
    """
    if not may_rectify(access, wrong_record.agency.pk):
        raise Refused(NOT_AUTHOR)
    if (already := already_made(by=by, case=case, key=key)) is not None:
        return already
    errors = {
        "wrong": text_problem(wrong, most=LONGEST, missing=_("Say what was wrong.")),
        "right": text_problem(right, most=LONGEST, missing=_("Say what is right.")),
    }
    if any(errors.values()):
        raise RuleBroken({name: [problem] for name, problem in errors.items() if problem})
    made = Rectification(
        pk=key,
        case=case,
        kind=wrong_record.kind,
        object_id=wrong_record.object_id,
        category=wrong_record.category,
        side=wrong_record.side,
        internal=wrong_record.internal,
        wrong=wrong.strip(),
        right=right.strip(),
        agency=by.agency,
        user=by.user,
    )
    check(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # somebody else's key
        raise RuleBroken(_("This page is too old. Open the form again.")) from None
    record(
        action=Action.DECIDED,
        case_id=case.pk,
        object_kind="sharing.Rectification",
        object_id=made.pk,
        fields=[f"{made.category}:{made.side}"],
        reason=made.kind,
    )
    if not made.internal:
        log_event(
            by=by,
            case=case,
            code=EventCode.RECTIFIED,
            category=made.category,
            side=made.side,
            payload={"rectification": str(made.pk), "rectified": made.kind} | _leads_to(made),
        )
        _tell(made, case, since=wrong_record.since)
    return made


def _leads_to(made: Rectification) -> dict[str, str]:
    """What the line of the timeline links to."""
    return {made.kind: str(made.object_id)} if made.kind in (RectifiedKind.REPORT, RectifiedKind.ASSESSMENT) else {}


def _tell(made: Rectification, case: Case, *, since: datetime) -> None:
    """Who received it, agency by agency, and a notice without content to their people who may know of the case."""
    agencies = received(case=case, category=made.category, side=made.side, since=since, author=made.agency)
    if not agencies:
        return
    allowed = participants([case])
    found = {agency_id: allowed.among(case, team) for agency_id, team in writers_by_agency(agencies).items()}
    members = {agency_id: team for agency_id, team in found.items() if team}
    RectificationRecipient.objects.bulk_create(
        RectificationRecipient(case=case, rectification=made, agency=agency, reached=agency.pk in members)
        for agency in agencies
    )
    notices: list[Notice] = []
    for agency_id, told in members.items():
        notices += compose(
            recipients=told,
            kind=NoticeKind.RECTIFIED,
            path=reverse("casework:rectification", args=[made.pk]),
            dedupe_key=f"rectified:{made.pk}:{agency_id}",
            case_id=case.pk,
        )
    deliver(notices)


# --- reading and answering ------------------------------------------------------------------------------------
def find(*, by: Membership | None, rectification_id: UUID) -> tuple[Rectification, RectificationRecipient | None]:
    """A rectification the acting agency made, or was told of: then with what it was told. Http404 for everybody else.

    Its case may be closed to the agency by now: ask for it apart.
    """
    made = Rectification.objects.known_to(by).select_related("agency").filter(pk=rectification_id).first()
    if made is None:
        raise Http404
    mine = made.recipients.filter(agency=by.agency_id).select_related("receipt").first()
    return made, mine


def acknowledge(*, by: Membership, rectification_id: UUID) -> RectificationReceipt:
    """The acting agency has corrected its own papers; said twice, it is once. Raises Http404, Refused."""
    _made, told = find(by=by, rectification_id=rectification_id)
    if told is None:
        raise Http404
    if not may_acknowledge(by, told):
        raise Refused(_("You can read this but not answer it."))
    if (already := getattr(told, "receipt", None)) is not None:
        return already
    try:
        with transaction.atomic():
            receipt = RectificationReceipt.objects.create(
                case_id=told.case_id, recipient=told, agency=by.agency, user=by.user
            )
    except IntegrityError:  # a colleague, at the same moment
        return RectificationReceipt.objects.get(recipient=told)
    record(
        action=Action.DECIDED,
        case_id=told.case_id,
        object_kind="sharing.RectificationReceipt",
        object_id=receipt.pk,
    )
    return receipt


def told_of(made: Rectification, case: Case, access: CaseAccess) -> dict[str, Any]:
    """Who was told, as far as the author may know them: {"known": rows, "unknown": how many, "corrected": of these}."""
    rows = list(made.recipients.select_related("agency", "receipt").order_by("agency__name"))
    sides = sides_in(case, [row.agency for row in rows])
    known = [row for row in rows if access.can(Category.NETWORK, network_side(sides[row.agency_id]))]
    others = [row for row in rows if row not in known]
    return {
        "known": known,
        "unknown": len(others),
        "corrected": sum(getattr(row, "receipt", None) is not None for row in others),
    }


def names_author(made: Rectification, told: RectificationRecipient, agency: Agency) -> bool:
    """Whether `agency`, which was told, may know who corrects: his side never learns which service follows her."""
    sides = sides_in(Case(pk=told.case_id), [agency, made.agency])
    his = ParticipationSide.PERPETRATOR
    return sides[agency.pk] != his or sides[made.agency_id] == his


def marks(access: CaseAccess, records: Sequence[UUID]) -> Mapping[UUID, list[dict[str, Any]]]:
    """What was corrected in these records, for whoever reads them; `url` where the agency made it or was told of it."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for made in Rectification.objects.readable_by(access).filter(object_id__in=records).order_by("made_at"):
        opens = made.told or made.agency_id == access.agency_id
        found.setdefault(made.object_id, []).append(
            {
                "label": _("Corrected %(when)s: %(right)s")
                % {"when": local_date(made.made_at, "on"), "right": made.right},
                "url": reverse("casework:rectification", args=[made.pk]) if opens else "",
            }
        )
    return found


def marked(record: Expression) -> Exists:
    """Whether something was corrected in the record whose id is this expression."""
    return Exists(Rectification.objects.filter(object_id=record))
