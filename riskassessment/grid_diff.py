"""What changed between two versions of a grid: items, scoring, texts by language. Pure: no Django, no database.

Works on plain data, so that a draft that is not whole yet is compared too. Pass both through `drafting.normal` first:
a value that stands at its default is then no change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from . import drafting

LANGUAGES = ("fr", "nl", "en")
SCORING = ("scoring", "coverage", "reassess_after_hours", "level_names", "dimensions")
IGNORED = ("version", "items", "sections")
Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Change:
    """One value: where it stands (parts of its path), what it was and what it is; None where there is none."""

    where: tuple[str, ...]
    before: Scalar
    after: Scalar

    @property
    def language(self) -> str:
        """The language of a text, empty for what is no text."""
        return self.where[-1] if len(self.where) > 1 and self.where[-1] in LANGUAGES else ""


@dataclass(frozen=True)
class Entry:
    """An item (or a section) of one of the versions: its id, its type, its words."""

    id: str
    type: str
    text: str


@dataclass(frozen=True)
class Changed:
    """An item that stands in both, field by field. `moved` says it stands elsewhere in the order."""

    entry: Entry
    changes: tuple[Change, ...]
    moved: bool = False


@dataclass(frozen=True)
class GridDiff:
    """What the later version adds, removes and changes."""

    added: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()
    changed: tuple[Changed, ...] = ()
    sections_added: tuple[Entry, ...] = ()
    sections_removed: tuple[Entry, ...] = ()
    sections: tuple[Changed, ...] = ()
    scoring: tuple[Change, ...] = ()
    head: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__dataclass_fields__)

    @property
    def counts_change(self) -> bool:
        """Whether the same answers may come to another level: scoring, weights, what is critical, what is asked."""
        weighty = {"weight", "critical", "protective", "most", "from", "dimension", "type", "visible_if"}
        return (
            bool(self.scoring or self.added or self.removed)
            or any(change.where[0] == "kind" for change in self.head)
            or any(set(change.where) & weighty for one in self.changed for change in one.changes)
        )


def compare(before: Mapping[str, Any], after: Mapping[str, Any], language: str = "fr") -> GridDiff:
    """What changed from one definition to the other; entries in the words of `language`."""
    old, new = _items(before), _items(after)
    added, removed, changed = _compared(old, new, language, "text")
    sections = [{str(one.get("id")): one for one in drafting.rows(raw, "sections")} for raw in (before, after)]
    sections_added, sections_removed, sections_changed = _compared(*sections, language, "title")
    scoring, head = [], []
    for key in sorted({*before, *after} - set(IGNORED), key=str):
        (scoring if key in SCORING else head).extend(_changes(before.get(key), after.get(key), (str(key),)))
    return GridDiff(
        added, removed, changed, sections_added, sections_removed, sections_changed, tuple(scoring), tuple(head)
    )


def _items(raw: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Items by id, those of groups with the id of their group; a group without its members."""
    found = {}
    for item, group in drafting.written(raw):
        shown = {key: value for key, value in item.items() if not (key == "items" and item.get("type") == "group")}
        if group is not None:
            shown["group"] = group.get("id")
        found.setdefault(str(item.get("id")), shown)
    return found


def _compared(
    old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]], language: str, text: str
) -> tuple[tuple[Entry, ...], tuple[Entry, ...], tuple[Changed, ...]]:
    def entry(one: Mapping[str, Any]) -> Entry:
        return Entry(str(one.get("id")), str(one.get("type", "")), drafting.words(one, text, language))

    moved = _moved([one for one in old if one in new], [one for one in new if one in old])
    changed = []
    for key, now in new.items():
        if key in old:
            fields = tuple(
                change
                for name in sorted({*old[key], *now} - {"id"}, key=str)
                for change in _changes(old[key].get(name), now.get(name), (str(name),))
            )
            if fields or key in moved:
                changed.append(Changed(entry(now), fields, key in moved))
    added = tuple(entry(one) for key, one in new.items() if key not in old)
    return added, tuple(entry(one) for key, one in old.items() if key not in new), tuple(changed)


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The ids that stand elsewhere than between their old neighbours: all but the longest runs that stayed."""
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    stayed = {one for block in blocks for one in new[block.b : block.b + block.size]}
    return set(new) - stayed


def _changes(before: Any, after: Any, where: tuple[str, ...]) -> list[Change]:
    if before == after and type(before) is type(after):
        return []
    old, new = _parts(before), _parts(after)
    if old is None and new is None:
        return [Change(where, before, after)]
    found = []
    if (old is None) != (new is None) and not (before is None or after is None):
        return [Change(where, None if old is not None else before, None if new is not None else after)]
    old, new = old or {}, new or {}
    for key in [*new, *(key for key in old if key not in new)]:
        found.extend(_changes(old.get(key), new.get(key), (*where, key)))
    if list(old) != list(new) and sorted(old) == sorted(new) and not found:
        found.append(Change((*where, "order"), ", ".join(old), ", ".join(new)))
    return found


def _parts(value: Any) -> dict[str, Any] | None:
    """A mapping by its keys, a list by the ids of what stands in it (else by position); None for a single value."""
    if isinstance(value, Mapping):
        return {str(key): inner for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        named = [_name(one) for one in value]
        if all(named) and len(set(named)) == len(named):
            return {
                name: {k: v for k, v in one.items() if k != key} if isinstance(one, Mapping) else True
                for one, (name, key) in zip(value, named, strict=True)
            }
        return {str(position + 1): one for position, one in enumerate(value)}
    return None


def _name(one: Any) -> tuple[str, str] | None:
    if isinstance(one, Mapping):
        return next(((str(one[key]), key) for key in ("id", "dimension", "level") if key in one), None)
    return (one, "") if isinstance(one, str) else None
