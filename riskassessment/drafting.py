"""A definition while it is being written: plain data, perhaps incomplete, changed part by part.

Pure: no Django, no database. Nothing here changes what it is given; every function returns new data. What is missing or
wrong in the result is for `definition.load` to say.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from . import reading
from .conditions import MAX_DEPTH
from .definition import GridDefinition, load, not_ready, to_raw
from .items import RESERVED
from .problems import InvalidGrid, Problem

Raw = dict[str, Any]
LONGEST_ID = 60
_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")


# --- reading it -------------------------------------------------------------------------------------------
def rows(raw: Mapping[str, Any], key: str) -> list[Raw]:
    """The mappings of a list; what is no list, or stands in it and is no mapping, is left out."""
    found = raw.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def part(raw: Mapping[str, Any], key: str) -> Raw:
    """A mapping within, empty where there is none."""
    found = raw.get(key)
    return found if isinstance(found, dict) else {}


def words(raw: Mapping[str, Any], key: str, language: str = "fr") -> str:
    """A text in a language; else French, English, Dutch, what there is."""
    texts = part(raw, key)
    for one in (language.partition("-")[0], "fr", "en", "nl"):
        if isinstance(texts.get(one), str) and texts[one]:
            return texts[one]
    return ""


def called(raw: Mapping[str, Any], key: str, language: str) -> str:
    """What a part is called: its text in a language, else its id."""
    return words(raw, key, language) or str(raw.get("id") or "")


def written(raw: Mapping[str, Any]) -> Iterator[tuple[Raw, Raw | None]]:
    """Every item with the group it stands in, if any, in the order it is written."""
    for item in rows(raw, "items"):
        yield item, None
        if item.get("type") == "group":
            yield from ((member, item) for member in rows(item, "items"))


def find(raw: Mapping[str, Any], item_id: str) -> tuple[Raw, Raw | None]:
    """The item with this id, and its group. Raises KeyError if there is none."""
    for item, group in written(raw):
        if item.get("id") == item_id:
            return item, group
    raise KeyError(item_id)


def ids(raw: Mapping[str, Any]) -> set[str]:
    """The ids of all items."""
    return {item["id"] for item, _ in written(raw) if isinstance(item.get("id"), str)}


def before(raw: Mapping[str, Any], item_id: str | None) -> list[Raw]:
    """The questions written before an item (all of them for None or an unknown id): what its condition may look at."""
    found = []
    for item, _group in written(raw):
        if item.get("id") == item_id:
            break
        if item.get("type") not in ("info", "group"):
            found.append(item)
    return found


def problems(raw: Any) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What is wrong in a draft, and which texts still lack French; nothing in both says it may be published."""
    try:
        return (), not_ready(load(raw))
    except InvalidGrid as invalid:
        return invalid.problems, ()


def normal(raw: Any) -> Any:
    """As it would be stored, values at their default left out; as it is where it is no grid yet."""
    try:
        return to_raw(load(raw, published=True))
    except InvalidGrid:
        return raw


def readable(raw: Any) -> GridDefinition | None:
    """The grid as it would be shown, None while it is not whole. Forbidden words do not keep it from being shown."""
    try:
        return load(raw, published=True)
    except InvalidGrid:
        return None


def plain(raw: Any) -> Raw:
    """The same data, checked as storable plain data within the limits of a definition. Raises `InvalidGrid`."""
    reading.check(raw)
    if not isinstance(raw, Mapping):
        raise InvalidGrid((Problem("", "a grid is a set of keys with their values (slug, version, kind…)"),))
    return _copy(raw)


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, (list, tuple)) else value


# --- ids --------------------------------------------------------------------------------------------------
def is_id(text: str) -> bool:
    """Whether something may be named so: small letters without accents, digits and _, a letter first."""
    return bool(_ID.fullmatch(text)) and text not in RESERVED


def made_of(text: str, taken: Iterable[str], otherwise: str = "question") -> str:
    """A free id made of the first words of a text: "Menaces de mort ?" gives `menaces_de_mort`."""
    letters = "".join(
        char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char)
    )
    name = re.sub(r"[^a-z0-9]+", "_", letters).strip("_").lstrip("0123456789_")[:40].rstrip("_")
    name = name if name and name not in RESERVED else otherwise
    held, number, free = set(taken), 2, name
    while free in held:
        free, number = f"{name}_{number}", number + 1
    return free


# --- changing it ------------------------------------------------------------------------------------------
def with_keys(raw: Mapping[str, Any], changes: Mapping[str, Any]) -> Raw:
    """The data with these keys set; those given as None, empty text, list or mapping are left out."""
    result = {key: value for key, value in raw.items() if key not in changes}
    return result | {key: value for key, value in changes.items() if value not in (None, "", [], {})}


def with_item(raw: Mapping[str, Any], item: Raw, *, item_id: str | None = None, group_id: str | None = None) -> Raw:
    """With an item in the place of `item_id`, or added: at the end of its group, or after the last of its section.

    Raises KeyError for an item or a group that is not there.
    """
    if item_id is not None:
        find(raw, item_id)
        return _mapped(raw, lambda one: item if one.get("id") == item_id else one)
    if group_id is not None:
        group, _ = find(raw, group_id)
        grown = group | {"items": [*rows(group, "items"), item]}
        return _mapped(raw, lambda one: grown if one is group else one)
    items = rows(raw, "items")
    place = max((n for n, one in enumerate(items) if one.get("section") == item.get("section")), default=len(items) - 1)
    return dict(raw) | {"items": [*items[: place + 1], item, *items[place + 1 :]]}


def without_item(raw: Mapping[str, Any], item_id: str) -> Raw:
    """Without an item; a group goes with what stands in it. Raises KeyError if it is not there."""
    find(raw, item_id)
    return _mapped(raw, lambda one: None if one.get("id") == item_id else one)


def moved(raw: Mapping[str, Any], item_id: str, step: int) -> Raw:
    """With an item one place up (-1) or down (1) among those of its section, or of its group; at the end it stays.

    Raises KeyError if it is not there.
    """
    item, group = find(raw, item_id)
    held = rows(group, "items") if group is not None else rows(raw, "items")
    here = next(n for n, one in enumerate(held) if one is item)
    neighbours = [n for n, one in enumerate(held) if group is not None or one.get("section") == item.get("section")]
    place = neighbours.index(here) + step
    if not 0 <= place < len(neighbours):
        return dict(raw)
    there = neighbours[place]
    order = list(held)
    order[here], order[there] = order[there], order[here]
    if group is None:
        return dict(raw) | {"items": order}
    return _mapped(raw, lambda one: one | {"items": order} if one is group else one)


def renamed(raw: Mapping[str, Any], key: str, changes: Mapping[str, str]) -> Raw:
    """With every `section` or `dimension` (the `key`) that is named by its old id named by its new one."""
    moved_ids = {old: new for old, new in changes.items() if old and old != new}
    if not moved_ids:
        return dict(raw)

    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(one) for one in value]
        if isinstance(value, dict):
            return {
                name: moved_ids.get(inner, inner) if name == key and isinstance(inner, str) else walk(inner)
                for name, inner in value.items()
            }
        return value

    return walk(dict(raw))


def item_renamed(raw: Mapping[str, Any], old: str, new: str) -> Raw:
    """With every condition and rule that looks at an item under its old id looking at it under the new one."""
    return renamed(raw, "item", {old: new})


def _mapped(raw: Mapping[str, Any], change: Any) -> Raw:
    """Every item passed through `change`, those in groups too; None takes it away."""
    items = []
    for item in rows(raw, "items"):
        new = change(item)
        if new is item and item.get("type") == "group":
            members = [one for one in (change(member) for member in rows(item, "items")) if one is not None]
            new = item | {"items": members}
        if new is not None:
            items.append(new)
    return dict(raw) | {"items": items}


# --- conditions -------------------------------------------------------------------------------------------
def simple(tree: Any, leaves: Iterable[str]) -> tuple[str, list[Raw]] | None:
    """A condition or a rule as a list: ("all" or "any", its leaves), None where it is more than that.

    `leaves` are the operators that stand for themselves.
    """
    allowed = set(leaves)
    if not isinstance(tree, dict):
        return None
    if tree.get("op") in allowed:
        return "all", [tree]
    inner = rows(tree, "of")
    if tree.get("op") in ("all", "any") and inner and all(one.get("op") in allowed for one in inner):
        return tree["op"], inner
    return None


def joined(mode: str, leaves: list[Raw]) -> Raw | None:
    """The leaves under one operator; a single one stands for itself, none is None."""
    if not leaves:
        return None
    return leaves[0] if len(leaves) == 1 else {"op": mode, "of": leaves}


def told(tree: Any, depth: int = 1) -> str:
    """A condition in one line of code-like words, for who cannot change it in the table."""
    if not isinstance(tree, dict) or depth > MAX_DEPTH + 1:
        return "…"
    op = tree.get("op")
    if op == "is":
        values = tree.get("values")
        shown = [str(value) for value in values] if isinstance(values, list) else ["…"]
        return f"{tree.get('item')} = {' | '.join(shown)}"
    if op in ("from", "points"):
        return f"{tree.get('item')} {'points ' if op == 'points' else ''}≥ {tree.get('value', tree.get('from'))}"
    if op in ("criticals", "score"):
        return f"{op} {tree.get('dimension') or ''}≥ {tree.get('from')}"
    if op == "not":
        return f"not ({told(tree.get('of'), depth + 1)})"
    inner = ", ".join(told(one, depth + 1) for one in rows(tree, "of"))
    count = f" {tree.get('count')}" if op == "some" else ""
    return f"{op}{count} ({inner})"
