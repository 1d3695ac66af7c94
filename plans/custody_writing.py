"""What is written of a detention, of a release and of what she wishes. Reading is `plans.custody`.

Insert-only: what is learned later is an answer, or a release that takes the place of the former. What follows in other
rooms (who is asked, who tells her, the risk assessed again) is `casework.detaining` and `casework.releasing`.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from agencies.models import Agency, Membership
from cases.access import CaseAccess, keep_own_work
from cases.models import Case, CasePerson
from cases.services import check
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.once import insert_once
from common.templatetags.ui import local_when

from . import custody_perms as perms
from .custody import current_release, detentions_of, open_detentions, owners_for, victims_of, who_may_be
from .models import (
    Detention,
    DetentionAnswer,
    DetentionAsk,
    DetentionKind,
    Release,
    ReleaseKind,
    ReleaseWish,
    StillDetained,
    Wish,
)

MOST_PLACE = 200
MOST_WORDS = 2_000
LONGEST = timedelta(days=50 * 366)
FURTHEST = timedelta(days=40 * 366)
SAME_RELEASE = timedelta(days=3)
"""Two services that say within these days that he is out speak of one release."""


def write_detention(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    case_person_id: UUID | None,
    kind: str,
    since: datetime | None,
    place: str,
    next_judicial_on: date | None,
    owner_id: UUID | None,
    request_key: UUID,
) -> tuple[Detention, Agency, bool]:
    """A person of his side is detained: (the row, who is asked, whether it is new). The same key gives the first one.

    Raises Refused, RuleBroken by field; a second open detention of one person is refused.
    """
    if not perms.may_enter(by, access):
        raise Refused(_("Police, justice and programmes that take part write down a detention."))
    owners = {each.pk: each for each in owners_for(by, case, access)}
    mine = Detention.objects.filter(request_key=request_key, case=case, author=by.user_id)
    if (already := mine.first()) is not None:
        return already, owners.get(owner_id, by.agency), False
    person = {each.pk: each for each in who_may_be(case, access)}.get(case_person_id)
    errors = _moment_problems("since", since)
    if person is None:
        errors["case_person"] = [_("Say who is detained.")]
    if kind not in DetentionKind.values:
        errors["kind"] = [_("Choose the kind of detention.")]
    if owner_id not in owners:
        errors["owner"] = [_("Choose the service that is asked whether he is still detained.")]
    if problem := text_problem(place, most=MOST_PLACE):
        errors["place"] = [problem]
    errors |= _next_problems(next_judicial_on)
    if errors:
        raise RuleBroken(errors)
    lock(f"custody {person.pk}")
    _refuse_open(case, access, person)
    with system_context(SystemContext.REMINDERS):
        out = Release.objects.filter(case_person=person.pk, kind=ReleaseKind.HAPPENED, released_at__gt=since).exists()
    if out:
        raise RuleBroken({"since": [_("A release after this moment is already written. Look at the moment again.")]})
    row = Detention(
        case=case, case_person=person, kind=kind, since=since, place=place.strip(), next_judicial_on=next_judicial_on,
        request_key=request_key, agency=by.agency, author=by.user,
    )  # fmt: skip
    check(row)
    row, new = insert_once(row, mine=mine)
    return row, owners[owner_id], new


def _refuse_open(case: Case, access: CaseAccess, person: CasePerson) -> None:
    same = [each for each in open_detentions(case) if each.case_person_id == person.pk]
    if not same:
        return
    known = detentions_of(case, access).filter(pk=same[0].pk).first()
    if known is None:
        raise RuleBroken({"case_person": [_("A detention of this person is already written and not over.")]})
    words = _("This person is already detained since %(when)s: add what is new to that detention.")
    raise RuleBroken({"case_person": [words % {"when": local_when(known.since)}]})


def write_ask(*, detention: Detention, agency: Agency, due_at: datetime) -> DetentionAsk:
    """From now on this service is asked, by then; who asks may not read it."""
    return DetentionAsk.objects.create(
        case_id=detention.case_id, detention=detention, agency=agency, due_at=due_at, at=now()
    )


def write_answer(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    detention: Detention,
    answer: str,
    place: str,
    next_judicial_on: date | None,
    request_key: UUID,
    seen: UUID | None,
) -> tuple[DetentionAnswer, bool]:
    """What is answered to “still detained?”. `seen` is the last answer the page showed, None for none: where a
    colleague answered since, nothing is saved and the page says who said what.

    Raises Refused, RuleBroken by field.
    """
    asked = DetentionAsk.objects.filter(detention=detention, agency=access.agency_id).exists()
    if not perms.may_answer(access, enters=perms.may_enter(by, access), asked=asked):
        raise Refused(_("The service that is asked answers, and police, justice and programmes that take part."))
    mine = DetentionAnswer.objects.filter(request_key=request_key, detention=detention, author=by.user_id)
    if (already := mine.first()) is not None:
        return already, False
    errors: dict[str, list[str]] = {}
    if answer not in StillDetained.values:
        errors["answer"] = [_("Say whether he is still detained; nobody knowing is an answer too.")]
    missing = _("Say where he is now.") if answer == StillDetained.TRANSFERRED else ""
    if problem := text_problem(place, most=MOST_PLACE, missing=missing):
        errors["place"] = [problem]
    errors |= _next_problems(next_judicial_on)
    if errors:
        raise RuleBroken(errors)
    lock(f"custody {detention.case_person_id}")
    if not any(each.pk == detention.pk for each in open_detentions(case)):
        raise RuleBroken(_("It was written in the meantime that he is out: nothing of yours is saved."))
    last = DetentionAnswer.objects.filter(detention=detention).select_related("author").order_by("-at", "-pk").first()
    if last is not None and last.pk != seen:
        words = _("%(who)s answered in the meantime: %(what)s. Look at it, then answer again if you know better.")
        raise RuleBroken(words % {"who": last.author.full_name, "what": last.get_answer_display()})
    row = DetentionAnswer(
        case=case, detention=detention, answer=answer, place=place.strip(), next_judicial_on=next_judicial_on,
        request_key=request_key, agency=by.agency, author=by.user,
    )  # fmt: skip
    check(row)
    return insert_once(row, mine=mine)


def write_release(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    case_person_id: UUID | None,
    kind: str,
    released_at: datetime | None,
    words: str,
    request_key: UUID,
) -> tuple[Release, Release | None, bool]:
    """A release planned, no longer planned, or that he is out: (the row, what it replaces, whether it is new).

    Two services that write the same release write one: the second is given the first, even unread.
    Raises Refused, RuleBroken by field; a release before the detention is refused.
    """
    if not perms.may_enter(by, access):
        raise Refused(_("Police, justice and programmes that take part write down a release."))
    mine = Release.objects.filter(request_key=request_key, case=case, author=by.user_id)
    if (already := mine.first()) is not None:
        return already, None, False
    person = {each.pk: each for each in who_may_be(case, access)}.get(case_person_id)
    errors: dict[str, list[str]] = {}
    if person is None:
        errors["case_person"] = [_("Say who is released.")]
    if kind not in ReleaseKind.values:
        errors["kind"] = [_("Say whether he is out, or when he will be.")]
    elif kind == ReleaseKind.PLANNED:
        errors |= _coming_problems(released_at)
    elif kind == ReleaseKind.HAPPENED:
        errors |= _moment_problems("released_at", released_at)
    if problem := text_problem(words, most=MOST_WORDS):
        errors["words"] = [problem]
    if errors:
        raise RuleBroken(errors)
    lock(f"custody {person.pk}")
    detention = next((each for each in open_detentions(case) if each.case_person_id == person.pk), None)
    current = current_release(person.pk)
    if (same := _same(current, detention, kind, released_at)) is not None:
        return same, None, False
    planned = current if current is not None and current.kind == ReleaseKind.PLANNED else None
    if kind == ReleaseKind.CANCELLED:
        if planned is None:
            raise RuleBroken({"kind": [_("No release is planned.")]})
        released_at = planned.released_at
    if detention is not None and released_at < detention.since:
        raise RuleBroken({"released_at": [_("This is before he was detained. Look at the moment again.")]})
    row = Release(
        case=case, case_person=person, kind=kind, released_at=released_at, words=words.strip(),
        request_key=request_key, agency=by.agency, author=by.user,
    )  # fmt: skip
    check(row)
    # written by another service, perhaps: who writes this one may not read them
    row.detention_id = detention.pk if detention else None
    row.supersedes_id = planned.pk if planned else None
    row, new = insert_once(row, mine=mine)
    return row, planned if new else None, new


def _same(current: Release | None, detention: Detention | None, kind: str, at: datetime | None) -> Release | None:
    """The release already written that this one says again."""
    if current is None or current.kind != kind or at is None:
        return None
    if kind == ReleaseKind.PLANNED:
        return current if current.released_at == at else None
    over = detention is None or detention.since < current.released_at
    return current if over and abs(current.released_at - at) < SAME_RELEASE else None


def _moment_problems(name: str, at: datetime | None) -> dict[str, list[str]]:
    if at is None:
        return {name: [_("Say since when; about is enough.") if name == "since" else _("Say when.")]}
    if at > now():
        return {name: [_("This moment has not come yet.")]}
    return {name: [_("This is too long ago.")]} if at < now() - LONGEST else {}


def _coming_problems(at: datetime | None) -> dict[str, list[str]]:
    if at is None:
        return {"released_at": [_("Say for when; about is enough.")]}
    if at <= now():
        return {"released_at": [_("This moment is past: if he is out, say so above.")]}
    return {"released_at": [_("This is too far away.")]} if at > now() + FURTHEST else {}


def _next_problems(day: date | None) -> dict[str, list[str]]:
    today = local(now()).date()
    if day is not None and day < today:
        return {"next_judicial_on": [_("This day is past: give the next one, or leave it empty.")]}
    if day is not None and day > today + FURTHEST:
        return {"next_judicial_on": [_("This is too far away.")]}
    return {}


def write_wish(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    case_person_id: UUID | None,
    wish: str,
    words: str,
    request_key: UUID,
) -> ReleaseWish:
    """What she wishes, as she said it. Raises Refused, RuleBroken by field."""
    if not perms.may_write_wish(access):
        raise Refused(_("Who reaches her writes down what she wishes."))
    mine = ReleaseWish.objects.filter(request_key=request_key, case=case, author=by.user_id)
    if (already := mine.first()) is not None:
        return already
    person = {each.pk: each for each in victims_of(case, access)}.get(case_person_id)
    errors: dict[str, list[str]] = {}
    if person is None:
        errors["case_person"] = [_("Say who was asked.")]
    if wish not in Wish.values:
        errors["wish"] = [_("Say what she wishes. Write nothing before she was asked.")]
    if problem := text_problem(words, most=MOST_WORDS):
        errors["words"] = [problem]
    if errors:
        raise RuleBroken(errors)
    row = ReleaseWish(
        case=case, case_person=person, wish=wish, words=words.strip(), request_key=request_key, agency=by.agency,
        author=by.user,
    )  # fmt: skip
    check(row)
    row, new = insert_once(row, mine=mine)
    if new:
        keep_own_work(case=case, agency=by.agency)
    return row
