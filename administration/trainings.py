"""Which trainings people have followed: on their page, and by course for a service."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from agencies import training
from agencies.models import Agency, Membership, TrainingCourse, TrainingRecord
from agencies.perms import may_administer_agency
from common.clock import local, now
from common.forms import DayField

SOON = timedelta(days=60)
"""A training that runs out within this time is shown first."""


class TrainingForm(forms.Form):
    """A training somebody has followed."""

    course = forms.ChoiceField(label=_("Training"), required=False)
    followed_on = DayField(label=_("Followed on"), required=False)
    valid_until = DayField(label=_("Valid until"), required=False, help_text=_("Empty: it does not run out."))
    evidence = forms.CharField(
        label=_("Certificate, or who confirms it"), required=False, max_length=training.LONGEST_WORDS
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["course"].choices = [("", "—"), *((one.pk, training.title_of(one)) for one in courses())]


def courses() -> list[TrainingCourse]:
    """Every training of this installation, by code."""
    return list(TrainingCourse.objects.order_by("code"))


def trainings_of(by: Membership, member: Membership) -> list[dict[str, Any]]:
    """What somebody has followed, in whatever service it was written, the latest first, with what may be taken back."""
    rows = TrainingRecord.objects.filter(user=member.user_id).select_related(
        "course", "agency", "withdrawal__withdrawn_by", "recorded_by"
    )
    today = local(now()).date()
    return [
        {
            "record": row,
            "title": training.title_of(row.course),
            "withdrawal": getattr(row, "withdrawal", None),
            "run_out": row.valid_until is not None and row.valid_until < today,
            "may_withdraw": (
                getattr(row, "withdrawal", None) is None
                and row.user_id != by.user_id
                and may_administer_agency(by, row.agency_id)
            ),
        }
        for row in rows
    ]


def held_in(agency: Agency) -> list[dict[str, Any]]:
    """Each course with who of this agency holds it now: of several records, the one that lasts longest.

    Three queries.
    """
    members = {
        member.user_id: member
        for member in Membership.objects.live().filter(agency=agency).select_related("user").order_by("pk")
    }
    live = TrainingRecord.objects.live().filter(user__in=list(members))
    best: dict[tuple[UUID, UUID], TrainingRecord] = {}
    for record in live.order_by("followed_on", "recorded_at"):
        key = (record.course_id, record.user_id)
        if key not in best or _lasts(record) >= _lasts(best[key]):
            best[key] = record
    soon = local(now()).date() + SOON
    found = []
    for course in courses():
        title = training.title_of(course)
        holders = [
            {
                "member": members[user_id],
                "course": title,
                "record": record,
                "soon": record.valid_until is not None and record.valid_until <= soon,
            }
            for (course_id, user_id), record in best.items()
            if course_id == course.pk
        ]
        holders.sort(key=lambda held: (held["member"].user.family_name, held["member"].user.given_name))
        found.append({"course": course, "title": title, "holders": holders})
    return found


def _lasts(record: TrainingRecord) -> date:
    return record.valid_until or date.max
