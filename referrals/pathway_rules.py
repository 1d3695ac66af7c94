"""The published rules of the pathways: shipped, changed one rule at a time or by the paths between the phases, tried
before they are published, each change a version for good.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from agencies import published
from agencies.enums import AgencyKind, Need
from agencies.models import Membership
from agencies.perms import may_administer_platform
from agencies.published import LONGEST_PROVENANCE
from common.errors import Refused, RuleBroken, text_problem

from .models import PathwayRules
from .pathways import LONGEST_WORDS, MOST_RULES, WAYS, Definition, Rule, Shipped

SHIPPED = Path(__file__).parent / "reference" / "pathways.json"
CODE = re.compile(r"[a-z][a-z0-9-]{1,59}")
AREA = re.compile(r"[0-9]{1,4}")
Raw = Mapping[str, Any]


def shipped() -> Shipped:
    """The file, checked. Raises pydantic.ValidationError."""
    return Shipped.model_validate(json.loads(SHIPPED.read_text()))


def load_pathways() -> int:
    """Publish the shipped rules where none are; what is published stays. Returns how many were added."""
    file = shipped()
    if PathwayRules.objects.exists():
        return 0
    PathwayRules.objects.create(
        version=file.version,
        definition=file.definition.model_dump(mode="json", exclude_none=True),
        provenance=file.provenance.model_dump(exclude_none=True),
        verified_on=file.verified_on,
    )
    return 1


def in_force() -> PathwayRules | None:
    """The latest published version; None where there is none."""
    return PathwayRules.objects.order_by("-version").first()


def definition_of(version: PathwayRules | None) -> Definition:
    """The rules of a version; without one, none: the directory alone proposes."""
    if version is None:
        return Definition.model_construct(paths=(), rules=())
    return Definition.model_validate(version.definition)


def save_rule(
    *,
    by: Membership,
    rule: Raw,
    replacing: str = "",
    position: int | None = None,
    provenance: str,
    verified_on: date | None = None,
    after: int,
) -> PathwayRules:
    """Publish the rules in force with one rule added, or changed where `replacing` is the code of one.

    `rule` is as `pathways.Rule` has it, of plain data; `position` its place from 1 on, None for the end or where it
    stands; `after` the version it was made from. The same again gives the version in force. Raises Refused;
    StaleVersion when another version was published meanwhile; RuleBroken by field.
    """
    _check_allowed(by)
    current = _current(after)
    errors = _provenance_errors(provenance)
    try:
        rules = _with_rule(current, rule, replacing=replacing, position=position)
    except RuleBroken as broken:
        raise RuleBroken(broken.errors | errors) from None
    if errors:
        raise RuleBroken(errors)
    code = str(rule["code"])
    return _publish(by, current, rules=rules, provenance=provenance, verified_on=verified_on, changed=code)


def tried_rule(*, by: Membership, rule: Raw, replacing: str = "", position: int | None = None) -> Definition:
    """What would be in force with this rule, which is not published. Raises Refused; RuleBroken by field."""
    _check_allowed(by)
    current = _standing(in_force())
    return _definition(current, rules=_with_rule(current, rule, replacing=replacing, position=position))


def save_paths(
    *, by: Membership, paths: Sequence[Raw], provenance: str, verified_on: date | None = None, after: int
) -> PathwayRules:
    """Publish the rules in force with these paths between the phases in the place of those that stand.

    `paths` are as `pathways.Path` has them, of plain data. The same again gives the version in force. Raises Refused;
    StaleVersion when another version was published meanwhile; RuleBroken by field.
    """
    _check_allowed(by)
    current = _current(after)
    if errors := _path_errors(paths) | _provenance_errors(provenance):
        raise RuleBroken(errors)
    return _publish(by, current, paths=paths, provenance=provenance, verified_on=verified_on, changed="paths")


def tried_paths(*, by: Membership, paths: Sequence[Raw]) -> Definition:
    """What would be in force with these paths, which are not published. Raises Refused; RuleBroken by field."""
    _check_allowed(by)
    if errors := _path_errors(paths):
        raise RuleBroken(errors)
    return _definition(_standing(in_force()), paths=paths)


def _with_rule(current: PathwayRules, rule: Raw, *, replacing: str, position: int | None) -> list[Raw]:
    """The rules of a version with one added or changed. Raises RuleBroken by field."""
    rules = list(current.definition["rules"])
    codes = [each["code"] for each in rules]
    errors = _errors(rule, {code for code in codes if code != replacing})
    if replacing and replacing not in codes:
        errors["code"] = [_("This rule is no longer there.")]
    if not replacing and len(rules) >= MOST_RULES:
        errors["code"] = [_("There are at most %(most)d rules.") % {"most": MOST_RULES}]
    if position is not None and not 1 <= position <= len(rules) + (not replacing):
        errors["position"] = [_("Between 1 and %(most)d.") % {"most": len(rules) + (not replacing)}]
    if errors:
        raise RuleBroken(errors)
    checked = Rule.model_validate(rule).model_dump(mode="json", exclude_none=True)
    place = codes.index(replacing) if replacing else len(rules)
    if replacing:
        rules.pop(place)
    rules.insert(place if position is None else position - 1, checked)
    return rules


def remove_rule(*, by: Membership, code: str, after: int) -> PathwayRules:
    """Publish the rules in force without one. The same again gives the version in force. Raises Refused, StaleVersion,
    RuleBroken for the last one.
    """
    _check_allowed(by)
    current = in_force()
    if current is not None and code not in [each["code"] for each in current.definition["rules"]]:
        return current
    current = _current(after)
    rules = [each for each in current.definition["rules"] if each["code"] != code]
    if not rules:
        raise RuleBroken(_("The last rule stays: change it instead."))
    return _publish(by, current, rules=rules, provenance=current.provenance["fr"], verified_on=None, changed=code)


def _check_allowed(by: Membership) -> None:
    if not may_administer_platform(by):
        raise Refused(_("Only the platform administrator publishes the rules of the pathways."))


def _current(after: int) -> PathwayRules:
    return _standing(published.still_latest(PathwayRules.objects.all(), after=after))


def _standing(current: PathwayRules | None) -> PathwayRules:
    if current is None:
        raise RuleBroken(_("No rules are published yet: load the reference data first."))
    return current


def _publish(
    by: Membership,
    current: PathwayRules,
    *,
    rules: Sequence[Raw] | None = None,
    paths: Sequence[Raw] | None = None,
    provenance: str,
    verified_on: date | None,
    changed: str,
) -> PathwayRules:
    data = _definition(current, rules=rules, paths=paths).model_dump(mode="json", exclude_none=True)
    provenance = provenance.strip()
    words = current.provenance if provenance == current.provenance["fr"] else {"fr": provenance}
    if (data, words, verified_on) == (current.definition, current.provenance, current.verified_on):
        return current
    made = PathwayRules(definition=data, provenance=words, verified_on=verified_on, published_by=by.user)
    return published.publish(made, among=PathwayRules.objects.all(), after=current.version, changed=[changed])


def _definition(
    current: PathwayRules, *, rules: Sequence[Raw] | None = None, paths: Sequence[Raw] | None = None
) -> Definition:
    changed = {"rules": rules, "paths": paths}
    return Definition.model_validate(current.definition | {name: to for name, to in changed.items() if to is not None})


def _provenance_errors(provenance: str) -> dict[str, list[str]]:
    problem = text_problem(provenance, most=LONGEST_PROVENANCE, missing=_("Say where this comes from."))
    return {"provenance": [problem]} if problem else {}


def _path_errors(paths: Sequence[Raw]) -> dict[str, list[str]]:
    """By field: `why_<from>_<to>_<language>` for the words of a path, `paths` for what is no path at all."""
    ways = [(path["start"], path["to"]) for path in paths]
    if set(ways) - set(WAYS) or len(set(ways)) != len(ways):
        return {"paths": [_("A path leads from one phase to another one, and stands once.")]}
    errors: dict[str, list[str]] = {}
    for path in paths:
        name = f"why_{path['start']:d}_{path['to']:d}"
        errors |= _words(name, path["why"], missing=_("Say why one goes this way, in both languages."))
    return errors


def _errors(rule: Raw, others: set[str]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    code = rule["code"]
    if not CODE.fullmatch(code):
        errors["code"] = [_("Small letters, figures and hyphens; a letter first, at most 60.")]
    elif code in others:
        errors["code"] = [_("Another rule has this code.")]
    when = rule["when"]
    if not when["needs"] or set(when["needs"]) - set(Need.values):
        errors["needs"] = [_("Choose at least one need: nobody is sent anywhere without one.")]
    if wrong := [area for area in when["areas"] if not AREA.fullmatch(area)]:
        errors["areas"] = [
            _("These are neither postal codes nor their beginnings: %(codes)s.")
            % {"codes": ", ".join(area[:10] for area in wrong[:10])}
        ]
    if not rule["propose"] or rule["propose"][0] not in AgencyKind.values:
        errors["propose_first"] = [_("Choose which service is proposed.")]
    if set(rule["propose"]) & set(rule["otherwise"]):
        errors["otherwise"] = [_("A service cannot stand in for itself.")]
    errors |= _words("why", rule["why"], missing=_("Say why."))
    for name, words in (("warning", rule.get("warning")), ("first", (rule.get("first") or {}).get("text"))):
        if words is not None:
            errors |= _words(name, words, missing=_("Write it in both languages, or in neither."))
    return errors


def _words(name: str, words: Raw, *, missing: str) -> dict[str, list[str]]:
    found = {}
    for code in ("fr", "en"):
        if problem := text_problem(str(words.get(code, "")), most=LONGEST_WORDS, missing=missing):
            found[f"{name}_{code}"] = [problem]
    return found
