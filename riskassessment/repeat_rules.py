"""The published rules of repetition: shipped, published anew by an administrator, read as `repeats` takes them."""

import json
from collections.abc import Iterable
from pathlib import Path

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from agencies.models import Membership
from agencies.perms import may_administer_platform
from audit.models import Action
from audit.services import record
from common.errors import Refused, RuleBroken
from common.locks import lock

from . import repeats
from .models import RepeatRule

SHIPPED = Path(__file__).parent / "reference_rules" / "repeat_rules.json"
MOST_EVENTS, MOST_MONTHS = 50, 120


def load_rules() -> int:
    """Publish the shipped versions that are not there yet; what is published stays. Returns how many were added."""
    shipped = json.loads(SHIPPED.read_text())
    added = 0
    for row in shipped["rules"]:
        key = {"code": row["code"], "version": row["version"]}
        if not RepeatRule.objects.filter(**key).exists():
            values = {name: row[name] for name in ("area", "events", "months", "since")}
            RepeatRule.objects.create(
                **key, **values, provenance=shipped["provenance"], verified_on=shipped["verified_on"]
            )
            added += 1
    return added


def latest() -> list[RepeatRule]:
    """The version of each rule that counts, by code."""
    return list(RepeatRule.objects.order_by("code", "-version").distinct("code"))


def rules() -> list[repeats.Rule]:
    """The same, as the computation takes them."""
    return [repeats.Rule(row.code, row.version, tuple(row.area), row.events, row.months, row.since) for row in latest()]


def why(rule: RepeatRule) -> str:
    """Where a rule comes from, in the language of the reader; French where there is no translation."""
    return rule.provenance.get((get_language() or "fr").partition("-")[0]) or rule.provenance["fr"]


def publish(
    *,
    by: Membership,
    code: str,
    area: Iterable[str],
    events: int | None,
    months: int | None,
    since: str,
    provenance: str,
) -> RepeatRule:
    """A version of a rule, the first of a new code: it counts from the next event on. Published, it never changes.

    The same version again gives the one in force. Raises Refused, RuleBroken by field.
    """
    if not may_administer_platform(by):
        raise Refused(_("Only the platform administrator publishes the rules of repetition."))
    area, provenance = sorted(set(area)), provenance.strip()
    errors: dict[str, list[str]] = {}
    if not code:
        errors["code"] = [_("Give the rule a code: small letters, figures and hyphens.")]
    if events is None or not 1 <= events <= MOST_EVENTS:
        errors["events"] = [_("Between 1 and %(most)d.") % {"most": MOST_EVENTS}]
    if months is None or not 1 <= months <= MOST_MONTHS:
        errors["months"] = [_("Between 1 and %(most)d.") % {"most": MOST_MONTHS}]
    if since not in RepeatRule.Since.values:
        errors["since"] = [_("Say from when it counts.")]
    if not provenance:
        errors["provenance"] = [_("Say where this rule comes from.")]
    if wrong := [part for part in area if not (part.isascii() and part.isdigit() and len(part) <= 4)]:
        errors["area"] = [
            _("These are neither postal codes nor their beginnings: %(codes)s.") % {"codes": ", ".join(wrong[:10])}
        ]
    if errors:
        raise RuleBroken(errors)
    lock(f"repeat rule {code}")
    before = RepeatRule.objects.filter(code=code).order_by("-version").first()
    given = (area, events, months, since, {"fr": provenance})
    if before is not None and given == (before.area, before.events, before.months, before.since, before.provenance):
        return before
    rule = RepeatRule.objects.create(
        code=code,
        version=before.version + 1 if before else 1,
        area=area,
        events=events,
        months=months,
        since=since,
        provenance={"fr": provenance},
        verified_on=None,
    )
    record(
        action=Action.DECIDED,
        object_kind="riskassessment.RepeatRule",
        object_id=rule.pk,
        fields=["area", "events", "months", "since"],
    )
    return rule
