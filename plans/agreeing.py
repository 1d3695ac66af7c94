"""The plan the services agreed on: which actions it held at that moment, and who was there. Frozen rows."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess
from cases.models import Case
from cases.services import check
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from common.once import insert_once

from . import actions_perms as perms
from .actions import LONGEST, actions_of, candidates
from .models import Action, AgreedAction, AgreedAgency, PlanAgreement


def agreements_of(case: Case, access: CaseAccess) -> QuerySet[PlanAgreement]:
    """What was agreed on, the latest first; nothing on his side."""
    rows = PlanAgreement.objects.filter(case=case) if perms.reads_plan(access) else PlanAgreement.objects.none()
    return rows.select_related("agency", "author").prefetch_related("agencies__partner").order_by("-at", "-pk")


def actions_agreed(agreement: PlanAgreement) -> set[UUID]:
    """The actions the plan held when it was agreed on."""
    return set(AgreedAction.objects.filter(agreement=agreement).values_list("action_id", flat=True))


def agree(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    agreed_on: date | None,
    not_before: date,
    partner_ids: Sequence[UUID],
    shown: Sequence[UUID],
    words: str,
    request_key: UUID,
    another: bool,
) -> tuple[PlanAgreement, bool]:
    """Freeze the plan as it stands; (the agreement, whether it is new). The same `request_key` gives the first one.

    `shown` are the actions the page showed: where the plan has changed since, it is looked at again. `another` says
    whether another service answers for the plan. Raises Refused, RuleBroken by field.
    """
    if not perms.answers_for(access, another=another):
        raise Refused(_("This is for the coordination or for who leads the case."))
    mine = PlanAgreement.objects.filter(request_key=request_key, case=case, author=by.user_id)
    if (already := mine.first()) is not None:
        return already, False
    held = list(actions_of(case, access))
    partners = {each.agency.pk: each.agency for each in candidates(case, access)}
    errors = _problems(agreed_on, not_before, words)
    if not held:
        errors[""] = [_("There is no action yet: a plan says who does what, and by when.")]
    elif {each.pk for each in held} != set(shown):
        errors[""] = [_("The plan has changed since you opened this page. Look at it again, then agree.")]
    if not partner_ids or set(partner_ids) - set(partners):
        errors["partners"] = [_("Say which services agreed.")]
    if errors:
        raise RuleBroken(errors)
    row = PlanAgreement(
        case=case,
        agreed_on=agreed_on,
        words=words.strip(),
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(row)
    row, new = insert_once(row, mine=mine)
    if new:
        _freeze(row, held, [partners[pk] for pk in dict.fromkeys(partner_ids)])
    return row, new


def _freeze(agreement: PlanAgreement, held: Sequence[Action], partners: Sequence) -> None:
    for action in held:
        AgreedAction.objects.create(case_id=agreement.case_id, agreement=agreement, action=action)
    for partner in partners:
        AgreedAgency.objects.create(case_id=agreement.case_id, agreement=agreement, partner=partner)


def _problems(agreed_on: date | None, not_before: date, words: str) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if agreed_on is None or not not_before <= agreed_on <= local(now()).date():
        errors["agreed_on"] = [_("A day that has come, and not before the situation was taken up.")]
    if problem := text_problem(words, most=LONGEST):
        errors["words"] = [problem]
    return errors
