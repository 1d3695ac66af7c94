"""What the administration is for, by what one comes to do: each page with a line that says when it is needed. Pure."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    """A page: its named URL, its title, when one needs it."""

    name: str
    title: Promise
    about: Promise


@dataclass(frozen=True)
class Group:
    """What one comes to do."""

    title: Promise
    icon: str
    entries: tuple[Entry, ...]


GROUPS = (
    Group(
        _("Services and their people"),
        "people",
        (
            Entry(
                "administration:agencies",
                _("Agencies"),
                _("Open a service, invite its first person, change or close it; who works there and as what."),
            ),
            Entry(
                "administration:partnerships",
                _("Partnerships"),
                _("The acts under which several services meet about a person."),
            ),
            Entry(
                "administration:protocols",
                _("Protocols"),
                _("What two services have agreed on, and by which channel they reach each other."),
            ),
            Entry(
                "administration:trainings",
                _("Trainings followed"),
                _("Who is trained for what, and what that lets them sign."),
            ),
            Entry(
                "trainings:calendar",
                _("Training calendar"),
                _("Announce a short training or its replay, and say who came."),
            ),
        ),
    ),
    Group(
        _("What is proposed, assessed and shared"),
        "signpost-split",
        (
            Entry(
                "administration:pathways",
                _("Pathway rules"),
                _("Which service is proposed next, for which need, and why; the paths between the phases."),
            ),
            Entry(
                "administration:gaps",
                _("Missing services"),
                _("Which kind of service was looked for and is not there: counts, for the annual report."),
            ),
            Entry(
                "administration:grids",
                _("Grids"),
                _("The grids of risk assessment: their items, their scoring, their versions."),
            ),
            Entry(
                "administration:repeat_rules",
                _("Rules of repetition"),
                _("From how many reports on a situation counts as repeated."),
            ),
            Entry(
                "administration:defaults",
                _("Sharing defaults"),
                _("What a service sees when a case reaches it, before anybody decides otherwise."),
            ),
        ),
    ),
    Group(
        _("Words, papers and numbers"),
        "journal-text",
        (
            Entry(
                "administration:handouts",
                _("Hand-outs"),
                _("The flyer, the leaflets and the card that are given to people, language by language."),
            ),
            Entry(
                "administration:help_numbers",
                _("Help numbers"),
                _("Whom to call, and the day each number was last checked."),
            ),
            Entry(
                "administration:guides",
                _("Guides"),
                _("What colleagues read when they receive somebody or make a call."),
            ),
            Entry(
                "administration:hints",
                _("Wordings proposed while writing"),
                _("Fairer words, proposed to who writes a report or a note."),
            ),
            Entry(
                "administration:imports",
                _("Imports"),
                _("Postal codes, services without an account and help numbers, out of a file."),
            ),
        ),
    ),
    Group(
        _("Who may do and read what"),
        "shield-lock",
        (
            Entry(
                "administration:rights",
                _("What each may do"),
                _("The table of roles: what each of them lets somebody do."),
            ),
            Entry(
                "administration:access_list",
                _("Access list"),
                _("Who has an account and where, to go through and sign."),
            ),
            Entry(
                "administration:case_access",
                _("Accesses to a case"),
                _("By its reference: which services reach a case and since when, without opening it."),
            ),
            Entry(
                "administration:proof",
                _("Proof of the audit"),
                _("That nothing was taken out of the record of who read what."),
            ),
        ),
    ),
)
