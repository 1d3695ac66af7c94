"""Where no way to reach her is written: what she last answered, to a service, about being contacted."""

from django.utils.translation import gettext as _

from cases.access import CaseAccess
from cases.enums import Side
from cases.models import Case

from .models import Presence, Situation

WORDS = {
    Presence.NO: lambda: _("She does not wish to be contacted: nobody calls her."),
    Presence.UNKNOWN: lambda: _(
        "She has not been asked whether she may be contacted: ask her before anybody calls her."
    ),
}


def last_answer(case: Case, access: CaseAccess) -> str:
    """In words, the latest answer this agency may read; empty where there is none, or where she agreed. One query."""
    rows = Situation.objects.filter(case=case, side=Side.VICTIM).filter(access.readable())
    answer = rows.order_by("-recorded_at", "-pk").values_list("may_contact", flat=True).first()
    return WORDS[Presence(answer)]() if answer in WORDS else ""
