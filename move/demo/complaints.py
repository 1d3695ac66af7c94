"""What reports say besides the five sections: where, which kinds of violence, each child; and what a complaint asks."""

import random
from collections.abc import Sequence

from cases.enums import Arranged, Gender
from reports.models import Declaration, Exposure, ReportKind, Right, ViolenceType

from . import complaint_words as words
from .people import AURORE, MONTLIEU

TOWNS = {"zp_aurore": AURORE, "zp_montlieu": MONTLIEU}

SEEN = (Exposure.HEARD, Exposure.SAW, Exposure.NEARBY, Exposure.AFTERWARDS, Exposure.ABSENT)

SIGNS_OF = {
    ViolenceType.SEXUAL: ("violences sexuelles",),
    ViolenceType.ECONOMIC: ("compte", "argent", "papiers", "titre de séjour", "carte"),
    ViolenceType.COERCIVE_CONTROL: ("enfermée", "téléphone", "lit ses messages", "contrôle", "poignée"),
    ViolenceType.STALKING: ("application", "parking", "voiture devant", "suit", "attend", "messages"),
}
"""Words in what was written that name a kind of violence besides the psychological."""


def said(
    chance: random.Random,
    *,
    kind: ReportKind,
    gravity: int,
    zone: str,
    told: str,
    children: Sequence[str] = (),
) -> dict[str, object]:
    """Fields of a report form; `told` is what was written of the facts, `children` the given names of those typed as
    `children-0-…`. Its dice are its own: what was drawn before stays as it was.
    """
    found: dict[str, object] = {
        "postal_code": chance.choice(TOWNS[zone]),
        "police_code": chance.choice(words.POLICE_CODES),
        "violence_types": kinds_of_violence(gravity, told),
    }
    if gravity == 3:
        found["means"] = chance.choice(words.MEANS)
    for index, name in enumerate(children):
        found[f"children-{index}-gender"] = Gender.FEMALE if name in words.GIRLS else Gender.MALE
        if index < 2 or chance.random() < 0.5:  # of some nobody has asked yet: the page shows it
            exposure = chance.choice(SEEN)
            found[f"children-{index}-exposure"] = exposure
            found[f"children-{index}-impact"] = chance.choice(words.IMPACTS[exposure])
    if kind == ReportKind.POLICE_COMPLAINT:
        found |= complaint(chance, children=bool(children), language="ar" if "interprète" in told else "fr")
    return found


def kinds_of_violence(gravity: int, told: str) -> list[str]:
    """Read from the words of the facts, never drawn."""
    low = told.lower()
    kinds = {ViolenceType.PSYCHOLOGICAL} | ({ViolenceType.PHYSICAL} if gravity > 1 else set())
    kinds |= {kind for kind, signs in SIGNS_OF.items() if any(sign in low for sign in signs)}
    return [str(kind) for kind in ViolenceType if kind in kinds]


def complaint(chance: random.Random, *, children: bool = False, language: str = "fr") -> dict[str, object]:
    """What a complaint asks besides: violence between partners, the declaration made four times in five."""
    found: dict[str, object] = {
        "vif": "yes",
        "vc": "yes",
        "declaration": Declaration.MADE,
        "childcare": Arranged.NOT_NEEDED,
    }
    if chance.random() < 0.2:
        found |= {"declaration": Declaration.REFUSED, "declaration_words": chance.choice(words.REFUSALS)}
    if chance.random() < 0.9:
        told = [Right.COPY, Right.HELP, Right.PROTECTION, Right.ACCOMPANIED, Right.OFFICER]
        found |= {
            "rights_explained": [str(right) for right in chance.sample(told, chance.randint(3, 5))],
            "rights_language": language,
        }
    else:
        found["rights_later"] = chance.choice(words.RIGHTS_LATER)
    if children:
        found["childcare"] = chance.choice((Arranged.ARRANGED, Arranged.NOT_NEEDED, Arranged.NOT_POSSIBLE))
    arranged = chance.random() < 0.35
    found["accompaniment"] = Arranged.ARRANGED if arranged else chance.choice((Arranged.DECLINED, Arranged.NOT_NEEDED))
    if arranged:
        found["accompanied_by"] = chance.choice(words.BESIDE_HER)
    return found
