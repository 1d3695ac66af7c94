"""What stands on "my work" of who follows data protection and the proof of the audit."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Membership
from audit import probe, state

from . import unusual_readings
from .proof import Status, status_of


def unusual(membership: Membership) -> dict[str, object] | None:
    """The panel of what nobody has looked at yet: title, number, sentence, url and label; None when nothing waits."""
    waiting = unusual_readings.waiting(membership)
    if not waiting.value:
        return None
    sentence = ngettext(
        "%(count)s reading is unusual and nobody has looked at it yet.",
        "%(count)s readings are unusual and nobody has looked at them yet.",
        waiting.value,
    )
    return {
        "title": _("Unusual readings"),
        "number": str(waiting),
        "sentence": sentence % {"count": waiting},
        "url": reverse("administration:unusual"),
        "label": _("Look at them"),
    }


def proof(membership: Membership) -> dict[str, object] | None:
    """The panel of a proof that is not in order: title, number, sentence, url and label; None where all is well."""
    checked = state.proof().checked
    match status_of(checked):
        case Status.ALTERED:
            number, sentence = checked.found, _("The last check found that something was altered.")
        case Status.UPKEEP:
            number = checked.found
            sentence = ngettext(
                "No row was altered, but %(count)d thing is not in order.",
                "No row was altered, but %(count)d things are not in order.",
                number,
            ) % {"count": number}
        case _ if probe.late():
            number, sentence = "", _("What was read and changed waits too long for its seal.")
        case _:
            return None
    return {
        "title": _("Proof of the audit"),
        "number": number,
        "sentence": sentence,
        "url": reverse("administration:proof"),
        "label": _("Read what was found") if number else _("Look at it"),
    }
