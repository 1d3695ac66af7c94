"""The words of the public directory, one file for each language: adding one adds a language to the page.

They are not gettext's, so that a language may be added, or checked by whoever speaks it, without touching code.
"""

import json
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from common.languages import LANGUAGES as SPOKEN
from common.texts import Frozen

from .enums import Audience, Need

FOLDER = Path(__file__).parent / "reference" / "directory"
FIRST = "fr"
Words = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class DirectoryWords(Frozen):
    """Everything the page says, in one language. `name` is what the language calls itself."""

    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
    name: Words
    provenance: Words
    title: Words
    intro: Words
    skip: Words
    leave: Words
    leave_hint: Words
    languages_of_page: Words
    kept: Words
    numbers: Words
    more_numbers: Words
    number_checked: Words
    numbers_none_checked: Words
    numbers_some_checked: Words
    search_title: Words
    place: Words
    place_help: Words
    need: Words
    any_need: Words
    audience: Words
    any_audience: Words
    spoken: Words
    any_spoken: Words
    open_now: Words
    search: Words
    place_unknown: Words
    code_unknown: Words
    which_place: Words
    near_places: Words
    add_place: Words
    found_for: Words
    found: Words
    count_one: Words
    count_many: Words
    too_many: Words
    nothing: Words
    ways_on: Words
    without_filter: Words
    without_filters: Words
    everywhere_too: Words
    without_place: Words
    to_numbers: Words
    not_all_here: Words
    elsewhere: Words
    close: Words
    kilometres: Words
    everywhere: Words
    always_open: Words
    open_until: Words
    open_until_day: Words
    closed: Words
    opens: Words
    hours_unknown: Words
    today: Words
    tomorrow: Words
    phone: Words
    email: Words
    website: Words
    address: Words
    address_by_phone: Words
    hours: Words
    to: Words
    day_and_night: Words
    closed_on_holidays: Words
    audiences_label: Words
    needs_label: Words
    speaks: Words
    interpreter: Words
    fees: Words
    wheelchair: Words
    yes: Words
    no: Words
    confirmed: Words
    not_confirmed: Words
    never_confirmed: Words
    earlier: Words
    later: Words
    pages: Words
    print: Words
    again: Words
    traces: Words
    traces_1: Words
    traces_2: Words
    traces_3: Words
    traces_4: Words
    days: Annotated[tuple[Words, ...], Field(min_length=7, max_length=7)]
    needs: dict[Need, Words]
    audiences: dict[Audience, Words]
    spoken_names: dict[str, Words]

    @model_validator(mode="after")
    def _nothing_missing(self) -> "DirectoryWords":
        for told, known in (
            (self.needs, set(Need)),
            (self.audiences, set(Audience)),
            (self.spoken_names, set(SPOKEN)),
        ):
            if set(told) != known:
                raise ValueError(f"{self.language}: words differ from the codes: {sorted(set(told) ^ known)}")
        return self


@cache
def languages() -> dict[str, str]:
    """{code: its own name} of the languages the page speaks, the first one first."""
    codes = sorted((path.stem for path in FOLDER.glob("*.json")), key=lambda code: (code != FIRST, code))
    return {code: words_in(code).name for code in codes}


@cache
def words_in(language: str) -> DirectoryWords:
    """The words in one of `languages()`. Raises OSError for another one, ValidationError where something is missing."""
    return DirectoryWords(**json.loads((FOLDER / f"{language}.json").read_text()))
