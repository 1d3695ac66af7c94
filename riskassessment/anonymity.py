"""What in a free text would tell who somebody is: patterns in French, Dutch and English. Pure: nobody is looked up.

It errs in both directions and replaces no reading. `hard` findings are surely too much (a number, an address, a
reference); the others are likely names or dates, which the writer confirms or takes out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["email", "phone", "national_number", "birth_date", "address", "reference", "name", "date"]
HARD: frozenset[Kind] = frozenset({"email", "phone", "national_number", "birth_date", "address", "reference"})


@dataclass(frozen=True)
class Finding:
    """Words of the text that may tell who somebody is, as they were written."""

    kind: Kind
    words: str

    @property
    def hard(self) -> bool:
        """Whether it is surely too much, not merely likely."""
        return self.kind in HARD


MONTHS = (
    "janvier|février|fevrier|mars|avril|mai|juin|juillet|août|aout|septembre|octobre|novembre|décembre|decembre"
    "|januari|februari|maart|april|mei|juni|juli|augustus|oktober|december"
    "|january|february|march|may|june|july|august|september|october|november"
)
DATE = (
    r"(?:\d{1,2}(?:er|ste|de|st|nd|rd|th)?\s*[./\-]\s*\d{1,2}\s*[./\-]\s*(?:19|20)?\d{2}"
    r"|(?:19|20)\d{2}\s*[./\-]\s*\d{1,2}\s*[./\-]\s*\d{1,2}"
    rf"|\d{{1,2}}(?:er|ste|de|st|nd|rd|th)?\s+(?:{MONTHS})\s+(?:19|20)\d{{2}}"
    rf"|(?:{MONTHS})\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+(?:19|20)\d{{2}})"
)
BORN = (
    r"(?:née?s?\b|naissance|nacquit|\bd\.?d?\.?n\.?\b|geboren|geboortedatum|\bgeb\.|°|\bborn\b|\bbirth(?:day|date)?\b"
    r"|\bd\.?o\.?b\b)"
)
FRENCH_WAYS = r"rue|ruelle|avenue|av\.|boulevard|bld?\.?|bd\.?|chaussée|chee|impasse|allée|drève|venelle"
OTHER_WAYS = r"place|quai|square|clos|chemin|sentier|route|résidence|cité|esplanade"
LINK = r"(?:(?:de\s+la|de\s+l['’]|du|des|de|d['’]|la|le|les|aux?|à\s+la|l['’])\s*)*"
NUMBER = r"(?:\s*,?\s*(?:n[°o.]\s*|nr\.?\s*|numéro\s+|bus\s+)?\d{1,4}(?:\s?[a-zA-Z]\b|\b))"
UPPER = "[A-ZÀ-ÖØ-Þ]"

_EMAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]{1,64}\s?@\s?[\w\-]+(?:\.[\w\-]+)+")
_NATIONAL = re.compile(r"(?<!\d)\d{2}[. ]\d{2}[. ]\d{2}\s?[\-–. ]\s?\d{3}\s?[.\-– ]\s?\d{2}(?!\d)|(?<!\d)\d{11}(?!\d)")
_PHONE = re.compile(r"(?<![\d.,/\-])(?:(?:\+|00)[\s.]?\d{2}|0)(?:[\s./()\-]{0,3}\d){7,12}(?![\d])")
_DATE = re.compile(rf"(?<!\d){DATE}(?!\d)", re.IGNORECASE)
_BIRTH = re.compile(rf"{BORN}[^.;\n]{{0,40}}?(?<!\d){DATE}(?!\d)", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\bMOVE-\d{4}-\d{3,}\b"
    r"|\b[A-Z]{2}[.\s]?\d{2}[.\s]?[A-Z0-9]{2}[.\s/\-]?\d{4,6}(?:\s?/\s?\d{2,4})?\b"
    r"|(?i:\b(?:pv|p\.v\.|proc[èe]s[- ]verbal|notice|dossier|parketnummer|notitienummer|rôle|rol|file)\s*"
    r"(?:n[°ºo]\.?|nr\.?|nummer|numéro|no\.?|number|:)\s*)(?=[\w./\-]*\d)[\w./\-]{4,}"
)
_ADDRESSES = (
    re.compile(rf"(?i:\b(?:{FRENCH_WAYS}))\s+(?i:{LINK})[^\W\d_]+(?:[\s'’\-]+[^\W\d_]+){{0,4}}?{NUMBER}"),
    re.compile(
        rf"(?i:\b(?:{OTHER_WAYS}))\s+(?i:{LINK}){UPPER}[\w'’\-]*(?:[\s\-]+(?:(?i:{LINK}))?{UPPER}[\w'’\-]*){{0,3}}{NUMBER}"
    ),
    re.compile(rf"\b\d{{1,4}}\s?[a-zA-Z]?\s*,?\s+(?i:{FRENCH_WAYS}|place|quai)\s+(?i:{LINK}){UPPER}[\w'’\-]*"),
    re.compile(
        rf"\b(?!Onderweg\b|Halverweg\b){UPPER}[\w'’\-]{{2,}}(?:straat|straatje|laan|steenweg|plein|weg|dreef|lei|kaai|singel|baan|gracht)"
        rf"{NUMBER}"
    ),
    re.compile(rf"\b\d{{1,4}}[a-zA-Z]?,?\s+(?:{UPPER}[\w'’\-]*\s+){{1,3}}(?i:street|road|lane|avenue|square|drive)\b"),
)
_HELPLINE = re.compile(r"^(?:\+32|0032|0)\s?[78]00")

_WORD = re.compile(r"[^\W\d_]+(?:[’'\-][^\W\d_]+)*\.?")
_ELIDED = re.compile(r"^(?:qu|jusqu|lorsqu|puisqu|[cdjlmnst])['’]", re.IGNORECASE)
_NAMED = re.compile(
    r"(?i:\b(?:s['’]appelle(?:nt)?|m['’]appelle|appelée?s?|nommée?s?|prénommée?s?|dénommée?s?|prénom(?:\s+est)?\s*:?|nom\s*:"
    r"|heet|heten|genaamd|genoemd|naam\s*(?:is|:)|called|named|name\s*(?:is|:)))\s+"
    rf"(?:(?i:un|une|een|a)\s+)?({UPPER}[\w'’\-]*(?:\s+{UPPER}[\w'’\-]*)*)"
)
_WAY_ONLY = re.compile(
    rf"(?i:\b(?:rue|avenue|boulevard|chaussée))\s+(?i:{LINK}){UPPER}[\w'’\-]*(?:[\s\-]{UPPER}[\w'’\-]*)*"
)

TITLES = frozenset(
    "m. m mr mr. mme mme. mlle melle mad mad. monsieur madame mademoiselle maître me docteur dr dr. mevr mevr. mevrouw"
    " mvr meneer dhr dhr. mijnheer juffrouw mrs mrs. ms ms. miss sir".split()
)
ALSO_WORDS = frozenset({"m", "me", "ms", "miss", "sir"})
"""Titles with a capital alone."""
PARTICLES = frozenset("de du des der den van von le la el al ben bint abu d da do dos ter ten te".split())
ACRONYMS = frozenset(
    "cpas ocmw eva sapv caw cpvs zsg divico evivico vif ipv pms clb saj spj one itr col gsm asbl vzw cvfe praxis fr nl"
    " en tv sms pv pme cp uz chu ckg oe cgra fedasil iweps unia sos urgences police parquet evivico move".split()
)
BEGINNINGS = frozenset(
    """
    a à ah ai ainsi alors an après as au aucun aucune aujourd'hui auparavant aussi autre autres aux avant avec
    avoir beaucoup bien bon car ce ceci cela celle celui cependant certains ces cet cette ceux chaque chez ci
    comme comment contre d'abord d'après dans de déjà demain depuis dernièrement derrière des dès désormais deux
    devant doit donc dont du durant elle elles en encore enfin ensuite entre environ est et être eux fait face
    grâce grossesse hier hors ici il ils jamais je jusque l la là laquelle le lequel les leur leurs lors lorsque
    lui lundi mardi mercredi jeudi vendredi samedi dimanche ma maintenant mais malgré me mère même mes moi moins
    mon n ne ni non nos notre nous on or ou où oui par parce parfois parmi pas pendant père personne peu peut plus
    plusieurs plutôt pour pourquoi pourtant près presque puis puisque quand quant quatre que quel quelle quelques
    qui quoi récemment rien sa sans sauf se selon ses seule seulement si sinon soit son sont sous souvent suite
    sur surtout ta tant te tel telle tôt toujours tous tout toute toutes très trois trop tu un une vers violences
    voici voilà voisins vos votre vous vu y situation victime auteur présumé enfant enfants compagnon conjoint
    mari épouse couple famille service travail janvier février mars avril mai juin juillet août septembre octobre
    novembre décembre pâques nouvel toussaint aan achter af al alle alleen als altijd anders andere bij binnen
    boven buiten daar daarna daarom dan dat deze die dit door drie dus een eerst eerste elke enkele er gisteren
    haar hadden had heb hebben heeft hem hen het hij hoe hun ik in is ja jij kan kinderen kind maandag dinsdag
    woensdag donderdag vrijdag zaterdag zondag maar meer meestal men met mijn misschien moeder moet momenteel
    morgen na naar naast nadat nadien net niemand niet niets nog nooit nu of om omdat onder ons ook op over
    partner recent sinds slachtoffer soms stil tegen terwijl thuis toch toen tot twee uit vaak vader van vanaf
    vandaag veel volgens voor voorheen vorig vorige vrouw waar waarom wanneer was wat we weer wel werk wie wij
    word wordt zal ze zeer zelf zich zij zijn zo zoals zodra zonder zou januari februari maart mei juni juli
    augustus oktober kerstmis pasen about after again all also although always am and another any are around at
    away back be because been before being between both but by can child children could did do does during each
    either even every few first for from has have having he her here his how however i if into it its just last
    later many mine most mother much must my near neighbours never new next no nobody none not nothing now off
    often once one only other our out own perhaps recently she since so some soon sometimes still such than that
    the their them then there these they this those though three through to today together tomorrow too twice two
    under until up us victim violence week were what when where whether which while who why with without woman
    work would yes yesterday yet you your
    """.split()
)
"""How sentences begin in three languages: with a capital, without being anybody's name."""
NOBODYS = frozenset(
    """
    croix-rouge rode-kruis red cross croix rouge rode kruis sécurité sociale social security ministère public code
    pénal belgique belgië belgium bruxelles brussel brussels wallonie vlaanderen flandre liège luik namur namen
    mons anvers antwerpen gand gent charleroi louvain leuven europe français française néerlandais english french
    dutch roi procureur parquet tribunal commissariat hôpital école maison centre monday tuesday wednesday
    thursday friday saturday sunday january february march july september october november december christmas
    easter police
    """.split()
)
"""Written with a capital wherever they stand, without being a person's name."""

SENTENCE_END = frozenset('.!?…:;»«“”"()[]\n•-–—*/')


def findings(text: str) -> tuple[Finding, ...]:
    """What in this text may tell who somebody is, in the order it stands there, each place once."""
    taken: list[tuple[int, int, Finding]] = []

    def take(kind: Kind, start: int, end: int) -> None:
        words = text[start:end].strip(" ,;")
        if words and all(end <= before or start >= after for before, after, _one in taken):
            taken.append((start, end, Finding(kind, words)))

    for found in _EMAIL.finditer(text):
        take("email", *found.span())
    for found in _NATIONAL.finditer(text):
        if _is_national(found[0]):
            take("national_number", *found.span())
    for found in _REFERENCE.finditer(text):
        take("reference", *found.span())
    for found in _BIRTH.finditer(text):
        take("birth_date", *found.span())
    for pattern in _ADDRESSES:
        for found in pattern.finditer(text):
            take("address", *found.span())
    for found in _DATE.finditer(text):
        if _is_date(found[0]):
            take("date", *found.span())
    for found in _PHONE.finditer(text):
        if _is_phone(found[0]):
            take("phone", *found.span())
    for found in _WAY_ONLY.finditer(text):
        take("name", *found.span())
    for found in _NAMED.finditer(text):
        if found[1].lower() not in NOBODYS:
            take("name", *found.span(1))
    for start, end in _runs(text):
        take("name", start, end)
    return tuple(one for _start, _end, one in sorted(taken, key=lambda each: each[0]))


def soft_words(found: Iterable[Finding]) -> frozenset[str]:
    """The words of the findings that are merely likely: what a writer may confirm."""
    return frozenset(" ".join(one.words.split()) for one in found if not one.hard)


def _is_national(written: str) -> bool:
    """A national register number ends with 97 less the nine others modulo 97; from 2000 on with a 2 before these."""
    digits = re.sub(r"\D", "", written)
    number, check = digits[:9], int(digits[9:])
    right = any(97 - int(prefix + number) % 97 == check for prefix in ("", "2"))
    return right or len(digits) < len(written)  # written as one, even mistyped, it is meant as one


def _is_phone(written: str) -> bool:
    digits = re.sub(r"\D", "", written)
    return not _HELPLINE.match(written) and 9 <= len(digits) <= 15


def _is_date(written: str) -> bool:
    """Numbers alone may be a count or a reference: a day and a month are within their ranges."""
    parts = [int(part) for part in re.findall(r"\d+", written)]
    if len(parts) < 3:
        return True
    day, month = (parts[2], parts[1]) if parts[0] > 31 else (parts[0], parts[1])
    return 1 <= day <= 31 and 1 <= month <= 12


@dataclass(frozen=True)
class _Token:
    start: int
    end: int
    word: str
    first: bool
    """Whether it begins a sentence."""

    @property
    def name_like(self) -> bool:
        """Written as names are: a capital first, or capitals all through."""
        bare = self.word.rstrip(".")
        return bare[:1].isupper() and len(bare) > 1 and bare.lower() not in ACRONYMS

    @property
    def ordinary(self) -> bool:
        """Written with a capital for another reason than being somebody's name."""
        bare = self.word.rstrip(".").lower().replace("’", "'")
        return bare in NOBODYS or (self.first and bare in BEGINNINGS)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    before = 0
    for match in _WORD.finditer(text):
        start, end, word = match.start(), match.end(), match[0]
        between = text[before:start]
        first = not found or any(char in SENTENCE_END for char in between) or found[-1].word.endswith(".")
        if found and found[-1].word.lower() in TITLES:
            first = False
        before = end
        if (elided := _ELIDED.match(word)) and (first or word[0].islower()):
            start, word, first = start + elided.end(), word[elided.end() :], first
        found.append(_Token(start, end, word, first))
    return found


def _runs(text: str) -> Iterable[tuple[int, int]]:
    """Where names seem to stand: words with a capital beside each other, particles between, or one after a title."""
    tokens = _tokens(text)
    at = 0
    while at < len(tokens):
        run = _run(text, tokens, at)
        if run is None:
            at += 1
            continue
        last = run
        yield tokens[at].start, tokens[at].start + len(text[tokens[at].start : tokens[last].end].rstrip("."))
        at = last + 1


def _run(text: str, tokens: list[_Token], at: int) -> int | None:
    """The last token of the name that begins at this one, None where none does."""
    begins = tokens[at]
    titled = begins.word.lower() in TITLES and (begins.word[:1].isupper() or begins.word.lower() not in ALSO_WORDS)
    if not titled and (not begins.name_like or begins.ordinary):
        return None
    last, names, here = None, 0 if titled else 1, at
    if begins.word.endswith(".") and not titled:
        return None  # the end of its sentence
    while here + 1 < len(tokens):
        following = tokens[here + 1]
        if following.first or text[tokens[here].end : following.start].strip(" \u00a0"):
            break
        if following.name_like and not following.ordinary:
            here, last, names = here + 1, here + 1, names + 1
            if following.word.endswith("."):
                break
        elif following.word.lower() in PARTICLES and (names or titled):
            here += 1
        else:
            break
    return last if last is not None and names >= (1 if titled else 2) else None
