"""What stands in a grid: texts, questions of each type, groups of a few questions. Pure: no Django, no database.

Every question has the same face, whatever its type: `scored` (can an answer count), `critical` (can an answer be
critical), `protective`, `most_points` (what its answer weighs at most), `topic`, `factor`, `dimension`.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictInt, StringConstraints

from common.texts import Frozen

from .conditions import Condition
from .factors import Factor
from .words import Code, Words

RESERVED = ("unknown", "not_asked")  # what may be answered to nearly every question: no option has such an id
MAX_OPTIONS = 40
MAX_MEMBERS = 40
MAX_STEPS = 20  # of a scale
BIGGEST = 1_000_000_000  # what a number may be, either way

Weight = Annotated[StrictInt, Field(ge=0, le=100)]
Topic = Literal["weapons", "threats"]


class _Placed(Frozen):
    """What everything in a grid has. `section` is the id of a section; what stands in a group has none: the group's."""

    id: Code
    section: Code | None = None
    text: Words
    help: Words | None = None
    period: Words | None = None
    visible_if: Condition | None = None


class InfoItem(_Placed):
    """Words shown between the questions; nothing to answer."""

    type: Literal["info"]


class _Question(_Placed):
    """What everything that can be answered has.

    `dimension` is the axis it belongs to, `factor` what it is about (to compare grids), `topic` marks what is also told
    during an emergency access.
    """

    dimension: Code | None = None
    factor: Factor | None = None
    topic: Topic | None = None


class _Unscored(_Question):
    protective: ClassVar[bool] = False
    critical: ClassVar[bool] = False
    scored: ClassVar[bool] = False
    most_points: ClassVar[int] = 0


class YesNoItem(_Question):
    """A question answered yes, no, unknown or not asked.

    A risk question has a weight; weight 0 without `critical` records context that counts for nothing. A protective
    question has no weight at all: protection is shown beside the risk, never taken off it.
    """

    type: Literal["yes_no"]
    weight: Weight | None = None
    critical: StrictBool = False
    protective: StrictBool = False

    @property
    def scored(self) -> bool:
        """Whether a yes counts, by its weight or as a critical answer."""
        return not self.protective and (self.critical or bool(self.weight))

    @property
    def most_points(self) -> int:
        return 0 if self.protective else self.weight or 0


class Option(Frozen):
    """One answer to choose, what it weighs and whether it is critical."""

    id: Code
    text: Words
    weight: Weight = 0
    critical: StrictBool = False


class MultiOption(Option):
    """One answer of several; an `exclusive` one ("none of these") stands alone and weighs nothing."""

    exclusive: StrictBool = False


class _Choice(_Question):
    protective: ClassVar[bool] = False

    def option(self, option_id: str) -> Option:
        """The option with this id. Raises KeyError if there is none."""
        for option in self.options:
            if option.id == option_id:
                return option
        raise KeyError(option_id)

    @property
    def critical(self) -> bool:
        return any(option.critical for option in self.options)

    @property
    def scored(self) -> bool:
        return any(option.critical or option.weight for option in self.options)


class SingleItem(_Choice):
    """A question answered by one of its options."""

    type: Literal["single"]
    options: tuple[Option, ...] = Field(min_length=2, max_length=MAX_OPTIONS)

    @property
    def most_points(self) -> int:
        return max(option.weight for option in self.options)


class MultiItem(_Choice):
    """A question answered by some of its options; weighs the sum of those chosen, no more than `most` if it is set."""

    type: Literal["multi"]
    options: tuple[MultiOption, ...] = Field(min_length=2, max_length=MAX_OPTIONS)
    most: Weight | None = None

    @property
    def scored(self) -> bool:
        return self.critical or self.most_points > 0

    @property
    def most_points(self) -> int:
        return self.capped(sum(option.weight for option in self.options))

    def capped(self, total: int) -> int:
        """This sum of weights, `most` at most."""
        return total if self.most is None else min(total, self.most)


class Band(Frozen):
    """From this value on, up to the next band, an answer weighs so much; below the first band nothing."""

    from_: StrictInt = Field(alias="from", ge=-BIGGEST, le=BIGGEST)
    weight: Weight
    critical: StrictBool = False


class _Measure(_Question):
    protective: ClassVar[bool] = False

    def band(self, value: int) -> Band | None:
        """The band a value falls in; None below the first one."""
        reached = [band for band in self.bands if band.from_ <= value]
        return reached[-1] if reached else None

    @property
    def critical(self) -> bool:
        return any(band.critical for band in self.bands)

    @property
    def scored(self) -> bool:
        return any(band.critical or band.weight for band in self.bands)

    @property
    def most_points(self) -> int:
        return max((band.weight for band in self.bands), default=0)


ScaleStep = Annotated[str, StringConstraints(pattern=r"^(0|-?[1-9][0-9]{0,3})$")]


class ScaleItem(_Measure):
    """A question answered by a whole number from `from` to `to`, 20 steps at most; `labels` name some of the values."""

    type: Literal["scale"]
    from_: StrictInt = Field(alias="from", ge=-1000, le=1000)
    to: StrictInt = Field(ge=-1000, le=1000)
    labels: dict[ScaleStep, Words] = {}
    bands: tuple[Band, ...] = Field(default=(), max_length=MAX_STEPS + 1)

    @property
    def least(self) -> int:
        """The smallest answer."""
        return self.from_

    @property
    def greatest(self) -> int:
        """The largest answer."""
        return self.to

    def label(self, value: int, language: str) -> str:
        """The words of one value, empty where it has none."""
        words = self.labels.get(str(value))
        return words.translated(language) if words else ""


class NumberItem(_Measure):
    """A question answered by a whole number, in `unit`, between `min` and `max` where they are set."""

    type: Literal["number"]
    min: StrictInt | None = Field(default=None, ge=-BIGGEST, le=BIGGEST)
    max: StrictInt | None = Field(default=None, ge=-BIGGEST, le=BIGGEST)
    unit: Words | None = None
    bands: tuple[Band, ...] = Field(default=(), max_length=MAX_OPTIONS)

    @property
    def least(self) -> int:
        """The smallest answer."""
        return -BIGGEST if self.min is None else self.min

    @property
    def greatest(self) -> int:
        """The largest answer."""
        return BIGGEST if self.max is None else self.max


class DateItem(_Unscored):
    """A question answered by a day; never counts."""

    type: Literal["date"]


class TextItem(_Unscored):
    """A question answered in one's own words; never counts."""

    type: Literal["text"]


Question = YesNoItem | SingleItem | MultiItem | ScaleItem | NumberItem | DateItem | TextItem
QUESTIONS = (YesNoItem, SingleItem, MultiItem, ScaleItem, NumberItem, DateItem, TextItem)
Member = Annotated[
    InfoItem | YesNoItem | SingleItem | MultiItem | ScaleItem | NumberItem | DateItem | TextItem,
    Field(discriminator="type"),
]


class GroupItem(_Placed):
    """A heading with a few questions and texts, in the section of the group; no group in a group."""

    type: Literal["group"]
    items: tuple[Member, ...] = Field(min_length=1, max_length=MAX_MEMBERS)


Item = Annotated[
    YesNoItem | InfoItem | SingleItem | MultiItem | ScaleItem | NumberItem | DateItem | TextItem | GroupItem,
    Field(discriminator="type"),
]
