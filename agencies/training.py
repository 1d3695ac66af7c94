"""What somebody is trained for: recorded by who answers for the service, asked before a signature that needs it."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from uuid import UUID

from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from common.clock import local, now
from common.errors import Refused, RuleBroken

from .models import Membership, TrainingCourse, TrainingRecord, TrainingWithdrawal
from .perms import may_administer_agency

LONGEST_WORDS = 200
PARTNER_VIOLENCE = "partner-violence"
"""The course asked of who verifies a classification, reviews opposing reports or lowers a level."""


def load_courses() -> int:
    """Publish the courses shipped with the product; what is there stays. Returns how many were added."""
    shipped = json.loads((Path(__file__).parent / "reference" / "trainings.json").read_text())
    added = 0
    for course in shipped["courses"]:
        _found, new = TrainingCourse.objects.get_or_create(
            code=course["code"],
            defaults={
                "title": course["title"],
                "provenance": shipped["provenance"],
                "verified_on": shipped["verified_on"],
            },
        )
        added += new
    return added


def title_of(course: TrainingCourse) -> str:
    """The name of a course in the language of the reader; French where there is no translation."""
    return course.title.get((get_language() or "fr").partition("-")[0]) or course.title["fr"]


def title_by_code(code: str | None) -> str:
    """The name of a course by its code; the code itself where this installation has no such course."""
    course = TrainingCourse.objects.filter(code=code).first() if code else None
    return title_of(course) if course else code or ""


def is_trained(user: User, code: str | None) -> bool:
    """Whether somebody holds a live record of this course. Nothing asked (None or empty) is held by everybody."""
    return not code or TrainingRecord.objects.live().filter(user=user, course__code=code).exists()


def trained_among(users: Iterable[User], code: str | None) -> set[UUID]:
    """Identifiers of those who hold a live record of this course; all of them where nothing is asked."""
    ids = {user.pk for user in users}
    if not code:
        return ids
    held = TrainingRecord.objects.live().filter(user__in=ids, course__code=code)
    return set(held.values_list("user", flat=True))


def record_training(
    *,
    by: Membership,
    member: Membership,
    course: TrainingCourse | None,
    followed_on: date | None,
    evidence: str,
    valid_until: date | None = None,
) -> TrainingRecord:
    """Write that a member has followed a course. Written again the same way, it stays one record.

    Raises Refused for who does not administer the member's agency and for oneself, RuleBroken by field.
    """
    _may(by, member)
    evidence = evidence.strip()
    errors: dict[str, list[str]] = {}
    if course is None:
        errors["course"] = [_("Choose a training.")]
    if followed_on is None:
        errors["followed_on"] = [_("Say when it was followed.")]
    elif followed_on > local(now()).date():
        errors["followed_on"] = [_("This day has not come yet.")]
    elif valid_until is not None and valid_until < followed_on:
        errors["valid_until"] = [_("The end is before the beginning.")]
    if not evidence:
        errors["evidence"] = [_("Name the certificate, or who confirms it.")]
    elif len(evidence) > LONGEST_WORDS or "\x00" in evidence:
        errors["evidence"] = [_("Too long: %(most)d characters at most.") % {"most": LONGEST_WORDS}]
    if errors:
        raise RuleBroken(errors)
    # two clicks at once write one record
    Membership.objects.select_for_update(of=("self",)).get(pk=member.pk)
    given = {"course": course, "user": member.user, "followed_on": followed_on, "valid_until": valid_until}
    already = TrainingRecord.objects.filter(**given, withdrawal=None).first()
    return already or TrainingRecord.objects.create(
        **given, evidence=evidence, agency=member.agency, recorded_by=by.user
    )


def withdraw_training(*, by: Membership, record_id: UUID, reason: str) -> TrainingWithdrawal:
    """Take a record back, with a reason; what was signed under it stays. Taking it back twice changes nothing.

    Raises Http404, Refused for who does not administer its agency and for one's own, RuleBroken by field.
    """
    record = TrainingRecord.objects.select_related("agency", "user").filter(pk=record_id).first()
    if record is None or not may_administer_agency(by, record.agency_id):
        raise Http404
    if record.user_id == by.user_id:
        raise Refused(_("Nobody writes down their own trainings: ask another administrator."))
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_WORDS or "\x00" in reason:
        raise RuleBroken(
            {"reason": [_("Say why it does not hold, in %(most)d characters at most.") % {"most": LONGEST_WORDS}]}
        )
    withdrawal, _new = TrainingWithdrawal.objects.get_or_create(
        record=record, defaults={"reason": reason, "withdrawn_by": by.user}
    )
    return withdrawal


def _may(by: Membership, member: Membership) -> None:
    if not may_administer_agency(by, member.agency_id):
        raise Http404
    if member.user_id == by.user_id:
        raise Refused(_("Nobody writes down their own trainings: ask another administrator."))
