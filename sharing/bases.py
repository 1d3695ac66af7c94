"""What each basis asks for besides the four principles. Pure: the form, the service and the preview read this table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.enums import AgencyKind
from common.errors import text_problem

from .models import Basis

LONGEST = 1000


@dataclass(frozen=True)
class Particular:
    """One thing to say: words of at most LONGEST characters, a choice, or a statement to confirm."""

    key: str
    label: str | Promise
    kind: Literal["words", "choice", "confirmed"] = "words"
    choices: tuple[tuple[str, str | Promise], ...] = ()
    hint: str | Promise = ""


CONDITIONS = (
    ("imminent", gettext_lazy("(a) grave and imminent danger to her integrity, or to that of another such person")),
    ("others", gettext_lazy("(b) signs of a serious, real danger that others become victims")),
)

PARTICULARS: Mapping[str, tuple[Particular, ...]] = {
    Basis.SHARED_SECRET: (
        Particular("mission", gettext_lazy("the mission both services share for this person")),
        Particular(
            "same_secrecy", gettext_lazy("The recipient is bound by the same professional secrecy."), "confirmed"
        ),
        Particular(
            "informed", gettext_lazy("The person was told what is shared with whom, and does not object."), "confirmed"
        ),
    ),
    Basis.CONSULTATION: (Particular("occasion", gettext_lazy("the consultation: when, and about what")),),
    Basis.REPORT_TO_PROSECUTOR: (
        Particular("condition", gettext_lazy("which of the two conditions is met"), "choice", CONDITIONS),
        Particular("signs", gettext_lazy("what shows it: facts seen or heard")),
        Particular(
            "alone",
            gettext_lazy("why neither you, nor you with others' help, can protect that integrity"),
        ),
    ),
    Basis.GRAVE_DANGER: (
        Particular("danger", gettext_lazy("the grave danger, and for whom")),
        Particular("help", gettext_lazy("what the recipient is to do about it")),
    ),
}

RECIPIENTS: Mapping[str, frozenset[str]] = {Basis.REPORT_TO_PROSECUTOR: frozenset({AgencyKind.PROSECUTOR})}
"""Bases that reach some kinds of agencies only."""

DECIDABLE = (
    Basis.CONSENT,
    Basis.SHARED_SECRET,
    Basis.CONSULTATION,
    Basis.REPORT_TO_PROSECUTOR,
    Basis.GRAVE_DANGER,
    Basis.LEGAL_OBLIGATION,
    Basis.PROSECUTOR_AUTHORISATION,
)
"""Those a person may choose."""


def asked(basis: str) -> tuple[Particular, ...]:
    """What this basis asks for besides the four principles."""
    return PARTICULARS.get(basis, ())


def problems(basis: str, given: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is missing of `given`, by field."""
    errors: dict[str, list[str]] = {}
    for particular in asked(basis):
        value = given.get(particular.key)
        if particular.kind == "confirmed":
            if value is not True:
                errors[particular.key] = [_("This basis holds only when it is so: confirm it, or choose another one.")]
        elif particular.kind == "choice":
            if value not in dict(particular.choices):
                errors[particular.key] = [_("Choose one of the answers.")]
        else:
            text = value if isinstance(value, str) else ""
            if problem := text_problem(text, most=LONGEST, missing=_("This basis needs it: write it down.")):
                errors[particular.key] = [problem]
    return errors


def kept(basis: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `given` that the basis asks for, as they are stored."""
    values = {each.key: given.get(each.key) for each in asked(basis)}
    return {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}


def in_words(basis: str, given: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """The particulars as (label, words), for who may read them."""
    lines = []
    for particular in asked(basis):
        value = (given or {}).get(particular.key)
        if particular.kind == "choice":
            value = dict(particular.choices).get(value, "")
        elif particular.kind == "confirmed":
            value = _("yes") if value else ""
        if value:
            lines.append((str(particular.label), str(value)))
    return lines
