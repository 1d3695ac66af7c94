"""What each guard of a closing says: what is asked, what is missing, and where that is mended."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.models import Case
from plans.guards import Code, Guard

GUARDS = {
    Code.CONTACT: gettext_lazy("She was contacted, or it is said why not"),
    Code.LEVEL: gettext_lazy("The level is no longer high: two assessments in a row say so"),
    Code.TOLD: gettext_lazy("She was told how to come back, or it is said why not"),
    Code.DANGERS: gettext_lazy("No danger for professionals is open"),
    Code.MONITORING: gettext_lazy("Close monitoring is over"),
    Code.RELEASES: gettext_lazy("Every release was told to her"),
    Code.LEAD: gettext_lazy("No offer of the lead waits for an answer"),
    Code.MEASURES: gettext_lazy("No protection measure is running"),
    Code.DETENTION: gettext_lazy("Nobody is detained"),
    Code.MANDATES: gettext_lazy("No mandate of a programme runs"),
    Code.PARTS: gettext_lazy("Every other service has ended its follow-up"),
}
SET_ASIDE = {
    Code.CONTACT: gettext_lazy("She refuses the contact, or it cannot be made safely"),
    Code.MANDATES: gettext_lazy("The mandate goes on without this case being open"),
    Code.PARTS: gettext_lazy("The case closes although other services go on"),
}
PLACES = {
    Code.CONTACT: ("cases:timeline", gettext_lazy("See what was tried")),
    Code.LEVEL: ("riskassessment:case_list", gettext_lazy("Assess again")),
    Code.TOLD: ("casework:told_return", gettext_lazy("Write it down")),
    Code.DANGERS: ("plans:dangers", gettext_lazy("See the dangers")),
    Code.MONITORING: ("casework:coordination", gettext_lazy("See the monitoring")),
    Code.RELEASES: ("casework:custody", gettext_lazy("See the releases")),
    Code.LEAD: ("casework:lead", gettext_lazy("See the offer")),
    Code.MEASURES: ("casework:measures", gettext_lazy("See the measures")),
    Code.DETENTION: ("casework:custody", gettext_lazy("See the detention")),
    Code.MANDATES: ("casework:programmes", gettext_lazy("See the programme")),
    Code.PARTS: ("casework:contacts", gettext_lazy("Whom to call")),
}


def lacks(guard: Guard) -> str:
    """Why this guard holds a closing up, in one sentence."""
    match guard.code:
        case Code.MEASURES:
            return ngettext(
                "%(count)d protection measure is still running.",
                "%(count)d protection measures are still running.",
                guard.count,
            ) % {"count": guard.count}
        case Code.DETENTION:
            return _("Somebody is still detained: a release must find this case open. Supervise it instead.")
        case Code.RELEASES:
            return _("A release waits for somebody to confirm that she was told.")
        case Code.DANGERS:
            return _("A danger for professionals is still open: end it, with its reason, or keep the case open.")
        case Code.MONITORING:
            return _("The case is under close monitoring: end that first.")
        case Code.CONTACT:
            return _("She has not been contacted. Make the contact, or say below why it is refused or not safe.")
        case Code.LEVEL:
            return _("The level was high: it takes two assessments in a row that say lower.")
        case Code.TOLD:
            return _("Nobody has written that she was told how to come back.")
        case Code.MANDATES:
            return _("A mandate of a programme still runs.")
        case Code.PARTS:
            return ngettext(
                "%(count)d other service has not ended its follow-up.",
                "%(count)d other services have not ended their follow-up.",
                guard.count,
            ) % {"count": guard.count}
        case _:
            return _("An offer of the lead still waits for its answer.")


def place(case: Case, guard: Guard) -> tuple[str, str]:
    """(where this is mended, the words of the link)."""
    name, words = PLACES[guard.code]
    return reverse(name, args=[case.pk]), str(words)
