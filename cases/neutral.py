"""Words that a paper she carries must not hold: police, justice, violence. Pure."""

import re
import unicodedata

TELLING = (
    "polic", "politie", "polizei", "commissariat", "inspect", "gendarm", "parquet", "parket", "procureur", "prosecut",
    "tribunal", "rechtbank", "gerecht", "justic", "justit", "violen", "geweld", "gewalt", "victim", "slachtoffer",
    "vluchthuis", "shelter", "plainte", "klacht", "complaint", "audition", "verhoor", "agress", "battu",
)  # fmt: skip
WHOLE = frozenset(
    "abus abuse court cpvs eva itr move pv refuge refuges saj sapv spj vc vif zsg".split()
)  # fmt: skip


def tells(text: str) -> bool:
    """Whether these words say police, justice or violence to whoever reads the paper over her shoulder.

    >>> tells("Commissariat, rue du Progrès 1"), tells("Rue du Progrès 1, 2e étage")
    (True, False)
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = set(re.findall(r"\w+", plain))
    return any(word in plain for word in TELLING) or any(word in words for word in WHOLE)
