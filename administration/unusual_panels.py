"""What stands on the data-protection officer's "my work"."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Membership

from . import unusual_readings


def waits(membership: Membership) -> dict[str, object] | None:
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
