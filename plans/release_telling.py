"""Who was told of a release, or that she could not be reached: written by one person, read by all who were asked."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agencies.models import Membership
from cases.access import CaseAccess
from cases.enums import ContactKind, Safe
from cases.models import Case, ContactPoint
from cases.page import safe_contacts
from cases.perms import in_doubt
from cases.services import check
from common.errors import Refused, RuleBroken, text_problem
from common.locks import lock
from common.once import insert_once
from common.templatetags.ui import local_when

from . import custody_perms as perms
from .custody import tellings_readable, victims_of, wishes_of
from .models import ReleaseAlert, ReleaseTelling, TellingHow, Told, Wish

MOST_WORDS = 2_000
CHOICES = (Told.HER, Told.TRUSTED, Told.NOT_REACHED, Told.NOT_WISHED)
"""What somebody may say; a newer release replaces an alert by itself."""


def tellings_of(case: Case, access: CaseAccess, alert: ReleaseAlert) -> QuerySet[ReleaseTelling]:
    """What was said of an alert, as far as this access reads it, the latest first."""
    rows = ReleaseTelling.objects.filter(tellings_readable(case, access), alert=alert)
    return rows.select_related("agency", "author").order_by("-at", "-pk")


def confirmation(case: Case, access: CaseAccess, alert: ReleaseAlert) -> ReleaseTelling | None:
    """What settled an alert."""
    return tellings_of(case, access, alert).exclude(outcome=Told.NOT_REACHED).first()


def numbers_for(case: Case, access: CaseAccess) -> list[ContactPoint]:
    """Her numbers on which she may be called, for who reaches her: none that is unsafe or in doubt."""
    points = [contact["point"] for contact in safe_contacts(case, access)]
    return [each for each in points if each.kind == ContactKind.PHONE and each.safe != Safe.NO and not in_doubt(each)]


def none_wishes_it(case: Case, access: CaseAccess) -> bool:
    """Whether each victim of the case said that she does not wish to be told."""
    wishes, victims = wishes_of(case, access), victims_of(case, access)
    known = [wishes.get(each.pk) for each in victims]
    return bool(known) and all(each is not None and each.wish == Wish.WANTS_NOT for each in known)


def write_telling(
    *,
    by: Membership,
    case: Case,
    access: CaseAccess,
    alert: ReleaseAlert,
    outcome: str,
    how: str,
    contact_point_id: UUID | None,
    number_verified: bool,
    alone_asked: bool,
    words: str,
    request_key: UUID,
) -> tuple[ReleaseTelling, bool]:
    """Who was told, or an attempt: (the row, whether it is new). One confirmation settles the alert for everybody.

    Raises Refused, RuleBroken by field, or naming who confirmed first.
    """
    if not perms.may_tell(access):
        raise Refused(_("You can read this alert but not answer it."))
    mine = ReleaseTelling.objects.filter(request_key=request_key, alert=alert, author=by.user_id)
    if (already := mine.first()) is not None:
        return already, False
    lock(f"release alert {alert.pk}")
    if (settled := confirmation(case, access, alert)) is not None:
        raise RuleBroken(_already(settled))
    called = outcome == Told.HER and how == TellingHow.CALL
    errors: dict[str, list[str]] = {}
    if outcome not in CHOICES:
        errors["outcome"] = [_("Say who was told.")]
    elif outcome == Told.NOT_WISHED and not none_wishes_it(case, access):
        errors["outcome"] = [_("Write down first that she does not wish to be told: she is asked, nobody guesses.")]
    if outcome == Told.HER and how not in TellingHow.values:
        errors["how"] = [_("Say how she was told.")]
    if called:
        if contact_point_id not in {each.pk for each in numbers_for(case, access)}:
            errors["contact_point"] = [_("Say on which number, of those that are safe.")]
        if not number_verified:
            errors["number_verified"] = [_("Check first that the number is still hers alone: ask who knows her.")]
        if not alone_asked:
            errors["alone_asked"] = [_("Ask first whether she is alone. If she was not, say that she was not reached.")]
    missing = _("Say who was told: what this person is to her.") if outcome == Told.TRUSTED else ""
    if problem := text_problem(words, most=MOST_WORDS, missing=missing):
        errors["words"] = [problem]
    if errors:
        raise RuleBroken(errors)
    row = ReleaseTelling(
        case=case,
        alert=alert,
        outcome=outcome,
        how=how if outcome == Told.HER else "",
        contact_point_id=contact_point_id if called else None,
        number_verified=called and number_verified,
        alone_asked=called and alone_asked,
        words=words.strip(),
        request_key=request_key,
        agency=by.agency,
        author=by.user,
    )
    check(row)
    return insert_once(row, mine=mine)


def _already(settled: ReleaseTelling) -> str:
    if settled.author is None:
        return _("A newer release has taken the place of this one: look at the page of detention and release.")
    words = _(
        "%(who)s has already answered, %(when)s: %(what)s. Nothing of yours is saved; nobody needs to call again."
    )
    return words % {
        "who": settled.author.full_name,
        "when": local_when(settled.at),
        "what": settled.get_outcome_display(),
    }
