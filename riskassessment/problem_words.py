"""What is wrong in a grid, in the language of the reader. The checks say it in English, without Django; these are the
same sentences with room for what they name. A sentence that is not listed is shown as it was said.
"""

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop, pgettext_lazy

SENTENCES = (
    gettext_noop("French is missing"),
    gettext_noop("the id “%(id)s” is already used by another %(what)s"),
    gettext_noop("a demonstration grid says so in a notice"),
    gettext_noop("“%(code)s” is already listed"),
    gettext_noop("answers of category “%(category)s” stand on the side: %(sides)s"),
    gettext_noop("only a checklist leads to a full grid"),
    gettext_noop("a checklist leads to another grid"),
    gettext_noop("a grid that is unscored gives no level: leave this out"),
    gettext_noop("a grid that is a checklist gives no level: leave this out"),
    gettext_noop("a checklist gives no level: leave this out"),
    gettext_noop("an unscored grid gives no level: leave this out"),
    gettext_noop("the section “%(id)s” has no item"),
    gettext_noop("there is no dimension “%(id)s” (dimensions: %(known)s)"),
    gettext_noop("what stands in a group has the section of the group: leave this out"),
    gettext_noop("give the section it stands in (sections: %(known)s)"),
    gettext_noop("there is no section “%(id)s” (sections: %(known)s)"),
    gettext_noop("a group holds at least one question"),
    gettext_noop("at most %(most)s questions; there are %(count)s"),
    gettext_noop("there is no question"),
    gettext_noop("no question counts: give at least one risk question a weight"),
    gettext_noop("a checklist only counts: the weight is 0 or 1"),
    gettext_noop("a protective question has no weight: it is never taken off the risk"),
    gettext_noop("a protective question cannot be critical"),
    gettext_noop("a risk question needs a weight (0 records it without counting it)"),
    gettext_noop("nothing counts in an unscored grid: leave this out"),
    gettext_noop("“%(id)s” can be answered to every question: choose another id"),
    gettext_noop("an option that stands alone weighs nothing"),
    gettext_noop("an option that stands alone is not critical"),
    gettext_noop("between 1 and %(most)s, what its options weigh together"),
    gettext_noop("a scale goes up from %(from)s by %(steps)s steps at most"),
    gettext_noop("the scale goes from %(from)s to %(to)s"),
    gettext_noop("must be above %(value)s"),
    gettext_noop("answers go from %(from)s to %(to)s"),
    gettext_noop("bands increase: %(value)s must be above %(before)s"),
    gettext_noop("more never weighs less: %(least)s at least"),
    gettext_noop("what is critical stays critical further up"),
    gettext_noop("there are only %(count)s branches"),
    gettext_noop("there are only %(count)s dimensions"),
    gettext_noop("there are only %(count)s critical questions"),
    gettext_noop("“%(id)s” protects: it never decides which risk is asked about"),
    gettext_noop("there is no question “%(id)s”"),
    gettext_noop("“%(id)s” is no question: nothing is answered to it"),
    gettext_noop("“%(id)s” depends on itself: only what is written before can decide"),
    gettext_noop("“%(id)s” depends on “%(other)s”, which is written after it: only what is written before can decide"),
    gettext_noop("operators stand too deep within each other: at most %(most)s"),
    gettext_noop("“%(id)s” is no scale and no number: use “is”"),
    gettext_noop("the answers to “%(id)s” go from %(from)s to %(to)s"),
    gettext_noop("“%(id)s” has no answers to choose from"),
    gettext_noop("“%(value)s” is no answer to “%(id)s”: %(known)s"),
    gettext_noop("give max_unknown_percent, max_unknown_count or both"),
    gettext_noop("must stay below the %(count)s questions that count"),
    gettext_noop("a scored grid says how a level is reached"),
    gettext_noop("a scored grid says how much may stay unknown"),
    gettext_noop("a scored grid says when to assess again"),
    gettext_noop("cannot be later than for “%(level)s”"),
    gettext_noop("the method “%(method)s” does not use this: leave it out"),
    gettext_noop("the method “%(method)s” needs %(what)s"),
    gettext_noop("say what raises the level: rules, a critical rule or both"),
    gettext_noop("“%(level)s” must be more severe than “%(other)s”"),
    gettext_noop("must be more severe than “%(level)s”"),
    gettext_noop("it weighs something but belongs to no dimension with thresholds"),
    gettext_noop("the first threshold is “low” from 0"),
    gettext_noop("thresholds increase: %(value)s must be above %(before)s"),
    gettext_noop("cannot be reached: the most is %(most)s"),
    gettext_noop("there are critical questions: say which level they force"),
    gettext_noop("there is no critical question"),
    gettext_noop(
        "“%(term)s”: %(subject)s is never a risk or a protective factor;"
        " record it as context (weight 0, not critical) or leave it out"
    ),
    gettext_noop("it counts, and is shown by “%(id)s”: %(subject)s never decides what counts"),
    gettext_noop("this is not text in UTF-8: byte %(place)s cannot be read"),
    gettext_noop("the document is too long: at most %(most)s KB"),
    gettext_noop("values stand too deep within each other: at most %(most)s"),
    gettext_noop("this is not readable JSON: line %(line)s, column %(column)s"),
    gettext_noop("this is not readable YAML: line %(line)s, column %(column)s"),
    gettext_noop("this is not readable JSON: %(why)s"),
    gettext_noop("this is not readable YAML: %(why)s"),
    gettext_noop("anchors and aliases (& and *) are not read: write the words out"),
    gettext_noop("tags (!) are not read"),
    gettext_noop("too many values: at most %(most)s"),
    gettext_noop("too many values: at most %(most)s in the whole document"),
    gettext_noop("line %(line)s: a key is a word"),
    gettext_noop("this is no number"),
    gettext_noop("this number is too large"),
    gettext_noop("a value of this kind cannot be stored: %(kind)s"),
    gettext_noop("a key is a word"),
    gettext_noop("this stands here twice"),
    gettext_noop("this text holds a character that cannot be stored"),
    gettext_noop("%(count)s more problems are not listed"),
    gettext_noop("this translation is empty"),
    gettext_noop("give the words in at least one language (fr, en, nl)"),
    gettext_noop("a grid is a set of keys with their values (slug, version, kind…)"),
    # what pydantic says
    gettext_noop("Field required"),
    gettext_noop("Extra inputs are not permitted"),
    gettext_noop("Input should be a valid string"),
    gettext_noop("Input should be a valid integer"),
    gettext_noop("Input should be a valid boolean"),
    gettext_noop("Input should be a valid tuple"),
    gettext_noop("Input should be a valid dictionary or instance of %(name)s"),
    gettext_noop("Input should be a valid dictionary or object to extract fields from"),
    gettext_noop("Input should be greater than or equal to %(least)s"),
    gettext_noop("Input should be less than or equal to %(most)s"),
    gettext_noop("Input should be less than %(most)s"),
    gettext_noop("Input should be %(known)s"),
    gettext_noop("String should match pattern '%(pattern)s'"),
    gettext_noop("String should have at most %(most)s characters"),
    gettext_noop("Tuple should have at least %(least)s item after validation, not %(count)s"),
    gettext_noop("Tuple should have at least %(least)s items after validation, not %(count)s"),
    gettext_noop("Tuple should have at most %(most)s items after validation, not %(count)s"),
    gettext_noop("Input tag '%(tag)s' found using '%(key)s' does not match any of the expected tags: %(known)s"),
    gettext_noop("Unable to extract tag using discriminator '%(key)s'"),
)
SUBJECTS = {
    "nationality": pgettext_lazy("never a factor", "nationality"),
    "origin": pgettext_lazy("never a factor", "origin"),
    "religion": pgettext_lazy("never a factor", "religion"),
    "residence status": pgettext_lazy("never a factor", "residence status"),
}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    found = []
    for known in SENTENCES:
        parts = re.split(r"%\((\w+)\)s", known)
        pattern = "".join(f"(?P<{part}>.*?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
        found.append((re.compile(pattern, re.DOTALL), known))
    return tuple(found)


def known(message: str) -> str:
    """The sentence with room for what it names, that says this; empty where there is none."""
    return next((sentence_ for pattern, sentence_ in _patterns() if pattern.fullmatch(message)), "")


def told(message: str) -> str:
    """What a check says, in the language under way."""
    for pattern, sentence_ in _patterns():
        if match := pattern.fullmatch(message):
            named = match.groupdict()
            if subject := SUBJECTS.get(named.get("subject", "")):
                named["subject"] = str(subject)
            return gettext(sentence_) % named if named else gettext(sentence_)
    return message
