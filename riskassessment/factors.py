"""The factors by which grids are compared: each question may name the one it asks about, in whatever grid.

A closed list: "separation" is any question about a separation, whoever asks it and however it is put.
"""

from typing import Literal, get_args

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

Factor = Literal[
    "separation",
    "escalation",
    "death_threats",
    "strangulation",
    "weapons",
    "sexual_violence",
    "physical_violence",
    "coercive_control",
    "isolation",
    "surveillance",
    "children",
    "pregnancy",
    "suicidal_him",
    "suicidal_her",
    "substances",
    "breach",
    "antecedents",
    "fear",
    "dependence",
    "housing",
    "support",
]
FACTORS: tuple[Factor, ...] = get_args(Factor)

LABELS: dict[Factor, Promise] = {
    "separation": pgettext_lazy("risk factor", "Separation"),
    "escalation": pgettext_lazy("risk factor", "Escalation"),
    "death_threats": pgettext_lazy("risk factor", "Death threats"),
    "strangulation": pgettext_lazy("risk factor", "Strangulation"),
    "weapons": pgettext_lazy("risk factor", "Weapons"),
    "sexual_violence": pgettext_lazy("risk factor", "Sexual violence"),
    "physical_violence": pgettext_lazy("risk factor", "Physical violence"),
    "coercive_control": pgettext_lazy("risk factor", "Coercive control"),
    "isolation": pgettext_lazy("risk factor", "Isolation"),
    "surveillance": pgettext_lazy("risk factor", "Stalking and surveillance"),
    "children": pgettext_lazy("risk factor", "Children"),
    "pregnancy": pgettext_lazy("risk factor", "Pregnancy"),
    "suicidal_him": pgettext_lazy("risk factor", "His suicidal thoughts or acts"),
    "suicidal_her": pgettext_lazy("risk factor", "Her suicidal thoughts or acts"),
    "substances": pgettext_lazy("risk factor", "Alcohol, drugs, medicines"),
    "breach": pgettext_lazy("risk factor", "Measures not respected"),
    "antecedents": pgettext_lazy("risk factor", "Earlier violence"),
    "fear": pgettext_lazy("risk factor", "Her fear"),
    "dependence": pgettext_lazy("risk factor", "Dependence"),
    "housing": pgettext_lazy("risk factor", "Housing"),
    "support": pgettext_lazy("risk factor", "Support around"),
}


def label(code: Factor) -> str:
    """The factor in the language of the reader. Raises KeyError for a code that is not in the list."""
    return str(LABELS[code])
