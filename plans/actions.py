"""Actions of a case: read, planned, given to services, answered by each. Insert-only, in one room.

What follows elsewhere (what is owed, who is told, referrals) is `casework.actions`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from cases.access import CaseAccess
from cases.enums import Category, Side
from cases.models import Case, CasePerson
from cases.perms import never_his, shows_person
from cases.services import check
from cases.who_sees import Reader, who_sees
from common.clock import now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.once import insert_once

from . import actions_perms as perms
from .models import Action, ActionOutcome, ActionOwner, ActionStep, OwnerWay, Strand

LONGEST = 2_000
FURTHEST = timedelta(days=2 * 365)
MOST = 200
"""Open actions of one case; a plan longer than that is read by nobody."""

SIDES = (Side.VICTIM, Side.PERPETRATOR)
WHY_ASKED = frozenset({ActionOutcome.NOT_DONE, ActionOutcome.IMPOSSIBLE})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An action as it was typed: `person_id` None where it is about the case, `owner_ids` services of the case."""

    strand: str = ""
    person_id: UUID | None = None
    words: str = ""
    due_at: datetime | None = None
    owner_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Said:
    """What an owner says became of an action."""

    outcome: str = ""
    why: str = ""
    evidence: str = ""


class State:
    """Where an action stands, from the latest answer of each of its owners."""

    PLANNED, PART, DONE, NOT_DONE, IMPOSSIBLE, MIXED = "planned", "part", "done", "not_done", "impossible", "mixed"


def state_of(outcomes: Sequence[str]) -> str:
    """`outcomes` holds the latest answer of each owner, "" where there is none yet.

    >>> state_of([]), state_of(["", ""]), state_of(["done", ""]), state_of(["done", "done"])
    ('planned', 'planned', 'part', 'done')
    >>> state_of(["done", "impossible"]), state_of(["impossible"])
    ('mixed', 'impossible')
    """
    said = {each for each in outcomes if each}
    if not said:
        return State.PLANNED
    if "" in outcomes:
        return State.PART
    return str(said.pop()) if len(said) == 1 else State.MIXED


# --- reading ----------------------------------------------------------------------------------------------------
def readable(access: CaseAccess) -> Q:
    """Which actions of its case this access reads: by those who may know the services of that side, by who planned it,
    by who does it; on his side those about him alone.
    """
    if not access:
        return Q(pk__in=[])
    owned = ActionOwner.objects.filter(action=OuterRef("pk"), owner=access.agency_id)
    known = [side for side in SIDES if access.can(Category.NETWORK, side)]
    allowed = Q(agency_id=access.agency_id) | Q(side__in=known) | Q(Exists(owned))
    return allowed & Q(side=Side.PERPETRATOR) if never_his(access) else allowed


def actions_of(case: Case, access: CaseAccess) -> QuerySet[Action]:
    """The actions of a case that this access reads, the first due first; what was replaced is left out."""
    rows = Action.objects.filter(readable(access), case=case)
    rows = rows.exclude(Exists(Action.objects.filter(replaces=OuterRef("pk"))))
    return rows.select_related("agency", "author").order_by("due_at", "pk")


def get_action(case: Case, access: CaseAccess, action_id: UUID) -> Action:
    """One of them, replaced or not, by its id or that of what one of its owners owes. Raises Http404."""
    owned = ActionOwner.objects.filter(action=OuterRef("pk"), pk=action_id)
    rows = Action.objects.filter(Q(pk=action_id) | Q(Exists(owned)), readable(access), case=case)
    found = rows.select_related("agency", "author").first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Told:
    """An owner of an action and the latest that was said for it."""

    owner: ActionOwner
    step: ActionStep | None

    @property
    def outcome(self) -> str:
        return self.step.outcome if self.step else ""


def steps_readable(access: CaseAccess) -> Q:
    """What was said of the actions this access reads: all of it while it takes part, afterwards its own words alone."""
    return Q(agency_id=access.agency_id) if access.own_work_only else Q()


def told(actions: Iterable[Action], access: CaseAccess) -> dict[UUID, list[Told]]:
    """{action: its owners, each with the latest answer this access reads}. Two queries."""
    ids = [each.pk for each in actions]
    latest: dict[UUID, ActionStep] = {}
    steps = ActionStep.objects.filter(steps_readable(access), action__in=ids)
    steps = steps.select_related("agency", "author").order_by("at", "pk")
    for step in steps:
        latest[step.owner_id] = step
    found: dict[UUID, list[Told]] = {pk: [] for pk in ids}
    for owner in ActionOwner.objects.filter(action__in=ids).select_related("owner").order_by("at", "pk"):
        found[owner.action_id].append(Told(owner, latest.get(owner.pk)))
    return found


def history(action: Action, access: CaseAccess) -> list[ActionStep]:
    """What was said of an action as far as this access reads it, the latest first."""
    steps = ActionStep.objects.filter(steps_readable(access), action=action).select_related(
        "agency", "author", "owner__owner"
    )
    return list(steps.order_by("-at", "-pk"))


def latest_step(action: Action) -> ActionStep | None:
    """What was said last, by whomever."""
    return ActionStep.objects.filter(action=action).select_related("agency", "author").order_by("-at", "-pk").first()


def persons(case: Case, access: CaseAccess) -> dict[UUID, CasePerson]:
    """The persons of the case whose name is open to this access, by id. One query."""
    rows = CasePerson.objects.filter(case=case).select_related("person").order_by("created_at", "pk")
    return {each.pk: each for each in rows if shows_person(access, each)}


def about(case: Case, access: CaseAccess) -> list[CasePerson]:
    """About whom the acting member may plan an action."""
    return [each for each in persons(case, access).values() if perms.may_plan(access, perms.side_of(each))]


def candidates(case: Case, access: CaseAccess) -> list[Reader]:
    """The services of the case that may be given something, as far as the acting one may know them, itself first."""
    sides = [side for side in SIDES if perms.may_plan(access, side)]
    readers = who_sees(case, access).readers
    return [each for each in readers if any(perms.may_own(each, side) for side in sides)]


def known_names(case: Case, access: CaseAccess) -> Mapping[UUID, str]:
    """Short names of the services this access may know to take part, its own included."""
    return {each.agency.pk: each.agency.short_name for each in who_sees(case, access).readers}


# --- verbs ------------------------------------------------------------------------------------------------------
def plan(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    wanted: Wanted,
    request_key: UUID,
    asks_outside: bool = False,
    replaces: Action | None = None,
) -> tuple[Action, bool]:
    """A new action with its owners; (the action, whether it is new). The same `request_key` gives the first one.

    `asks_outside` says that a service outside the case is going to be asked: no owner is then needed yet. Raises
    Refused, RuleBroken by field.
    """
    if not perms.may_plan_any(access):
        raise Refused(_("You can read this case but not add to it."))
    mine = Action.objects.filter(request_key=request_key, case=case, author=by.user_id)
    if (already := mine.first()) is not None:
        return already, False
    wanted = replace(wanted, words=wanted.words.replace("\r\n", "\n").strip())
    person = next((each for each in about(case, access) if each.pk == wanted.person_id), None)
    side = perms.side_of(person)
    owners = {each.agency.pk: each.agency for each in candidates(case, access) if perms.may_own(each, side)}
    errors = _problems(wanted)
    if wanted.person_id is not None and person is None:
        errors["person"] = [_("Choose one of the persons listed, or the case.")]
    elif not perms.may_plan(access, side):
        errors["person"] = [_("Say about whom.")]
    if set(wanted.owner_ids) - set(owners):
        errors["owners"] = [
            _("One of these services cannot be given this action: it takes no part, or works with the other side.")
        ]
    elif not wanted.owner_ids and not asks_outside:
        errors["owners"] = [_("Say which service does it.")]
    if errors:
        raise RuleBroken(errors)
    lock(f"plan {case.pk}")
    if replaces is not None:
        _check_replaces(replaces)
    if actions_of(case, access).count() >= MOST:
        raise RuleBroken(_("This plan holds very many actions. End some before you add one."))
    action = Action(
        case=case,
        case_person=person,
        side=side,
        strand=wanted.strand,
        words=wanted.words,
        due_at=wanted.due_at,
        replaces=replaces,
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(action)
    action, new = insert_once(action, mine=mine)
    if new:
        for agency_id in dict.fromkeys(wanted.owner_ids):
            own(action=action, owner=owners[agency_id], way=OwnerWay.GIVEN, author_id=by.user_id)
    return action, new


def _check_replaces(former: Action) -> None:
    newer = Action.objects.filter(replaces=former).select_related("author").first()
    if newer is not None:
        raise RuleBroken(
            _("%(who)s has already changed this action. Look at the new one.") % {"who": newer.author.full_name}
        )


def own(*, action: Action, owner: Agency, way: str, author_id: UUID | None) -> ActionOwner:
    """Make a service an owner of an action; the same one again stays as it is."""
    row = ActionOwner(
        case_id=action.case_id,
        action=action,
        side=action.side,
        owner=owner,
        way=way,
        agency_id=action.agency_id,
        author_id=author_id,
    )
    found, _new = insert_once(row, mine=ActionOwner.objects.filter(action=action, owner=owner))
    return found


def say(
    *, by: Membership, action: Action, owner: ActionOwner, said: Said, shown: UUID | None, request_key: UUID
) -> tuple[ActionStep, bool]:
    """Write down what became of an action for one of its owners; (the answer, whether it is new).

    `shown` is the latest answer the page showed: where another one came meanwhile, nothing is saved and RuleBroken says
    who said what. Raises RuleBroken by field. Who may is asked by `casework.actions`.
    """
    mine = ActionStep.objects.filter(request_key=request_key, action=action, author=by.user_id)
    if (already := mine.first()) is not None:
        return already, False
    said = Said(said.outcome, said.why.strip(), said.evidence.strip())
    if errors := _said_problems(said):
        raise RuleBroken(errors)
    lock(f"action {action.pk}")
    if Action.objects.filter(replaces=action).exists():
        raise RuleBroken(_("This action has been changed since you opened it. Look at the new one."))
    latest = latest_step(action)
    if latest is not None and latest.pk != shown:
        if (latest.owner_id, latest.outcome, latest.author_id) == (owner.pk, said.outcome, by.user_id):
            return latest, False
        raise Meanwhile(latest)
    step = ActionStep(
        case_id=action.case_id,
        action=action,
        owner=owner,
        outcome=said.outcome,
        why=said.why,
        evidence=said.evidence,
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(step)
    return insert_once(step, mine=mine)


class Meanwhile(RuleBroken):
    """Somebody else has said what became of it since the page was opened: `step` says who and what."""

    def __init__(self, step: ActionStep):
        self.step = step
        super().__init__(_("Somebody has answered since you opened this page."))


def _problems(wanted: Wanted) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if wanted.strand not in Strand.values:
        errors["strand"] = [_("Choose the strand.")]
    if problem := text_problem(wanted.words, most=LONGEST, missing=_("Say what is to be done.")):
        errors["words"] = [problem]
    at = now()
    if wanted.due_at is None:
        errors["due_at"] = [_("Say by when.")]
    elif wanted.due_at <= at:
        errors["due_at"] = [_("This day is past. Choose today or a later day.")]
    elif wanted.due_at > at + FURTHEST:
        errors["due_at"] = [_("At most two years from now.")]
    return errors


def _said_problems(said: Said) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if said.outcome not in ActionOutcome.values:
        errors["outcome"] = [_("Say what became of it.")]
    missing = _("Say why: the others plan with it.") if said.outcome in WHY_ASKED else ""
    if problem := text_problem(said.why, most=LONGEST, missing=missing):
        errors["why"] = [problem]
    if problem := text_problem(said.evidence, most=LONGEST):
        errors["evidence"] = [problem]
    return errors
