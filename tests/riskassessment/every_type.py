"""A grid with a question of every type, one asked only sometimes and a group: for tests of filling in."""

from typing import Any

from common.acting import SystemContext, system_context
from riskassessment.definition import content_hash, load, to_raw
from riskassessment.models import Grid, GridVersion

SLUG = "every-type"


def words(french: str) -> dict[str, str]:
    return {"fr": french, "en": f"{french} (en)"}


def raw(**changes: Any) -> dict[str, Any]:
    """The definition as plain data, with these keys changed."""
    about = ("title", "description", "provenance", "licence")
    return {key: words(f"Essai : {key}") for key in about} | {
        "slug": SLUG,
        "version": 1,
        "kind": "scored",
        "demonstration": True,
        "notice": words("Grille d’essai, sans validation."),
        "sections": [
            {"id": "facts", "title": words("Les faits")},
            {"id": "context", "title": words("Le contexte"), "help": words("Ce qui entoure les faits.")},
        ],
        "items": [
            {"type": "info", "id": "alone", "section": "facts", "text": words("Posez ces questions à elle seule.")},
            {
                "type": "yes_no", "id": "weapon", "section": "facts", "text": words("Y a-t-il une arme ?"),
                "help": words("À feu, blanche, ou un objet brandi."), "period": words("12 derniers mois"),
                "weight": 3, "critical": True, "topic": "weapons",
            },
            {
                "type": "multi", "id": "which", "section": "facts", "text": words("Quelles armes ?"),
                "visible_if": {"op": "is", "item": "weapon", "values": ["yes", "unknown"]},
                "options": [
                    {"id": "gun", "text": words("Une arme à feu"), "weight": 4, "critical": True},
                    {"id": "knife", "text": words("Un couteau"), "weight": 2},
                    {"id": "none", "text": words("Aucune de celles-ci"), "exclusive": True},
                ],
            },
            {
                "type": "single", "id": "home", "section": "facts", "text": words("Vivent-ils ensemble ?"),
                "options": [
                    {"id": "together", "text": words("Oui, sous le même toit")},
                    {"id": "leaving", "text": words("Elle est en train de partir, ou vient de partir"), "weight": 3},
                    {"id": "apart", "text": words("Non, séparés depuis longtemps"), "weight": 1},
                ],
            },
            {
                "type": "scale", "id": "fear", "section": "facts", "text": words("Sa peur, de 0 à 5"),
                "from": 0, "to": 5, "labels": {"0": words("aucune"), "5": words("elle craint pour sa vie")},
                "bands": [{"from": 3, "weight": 2}, {"from": 5, "weight": 4}],
            },
            {
                "type": "number", "id": "times", "section": "context", "text": words("Combien d’interventions ?"),
                "min": 0, "max": 500, "unit": words("fois"), "bands": [{"from": 3, "weight": 2}],
            },
            {
                "type": "date", "id": "last_seen", "section": "context", "text": words("Dernière fois qu’il est venu"),
                "visible_if": {"op": "from", "item": "times", "value": 1},
            },
            {
                "type": "group", "id": "around", "section": "context", "text": words("Autour d’elle"),
                "help": words("Qui peut aider."),
                "items": [
                    {"type": "yes_no", "id": "network", "text": words("A-t-elle des proches ?"), "protective": True},
                    {
                        "type": "yes_no", "id": "close", "text": words("Habitent-ils près d’elle ?"), "weight": 0,
                        "visible_if": {"op": "is", "item": "network", "values": ["yes"]},
                    },
                ],
            },
            {"type": "text", "id": "own_words", "section": "context", "text": words("Ses mots à elle")},
        ],
        "scoring": {
            "thresholds": [
                {"level": "low", "min_score": 0}, {"level": "moderate", "min_score": 3},
                {"level": "high", "min_score": 6}, {"level": "critical", "min_score": 12},
            ],
            "critical_rule": {"any_yes": "high"},
        },
        "coverage": {"max_unknown_count": 2},
        "reassess_after_hours": {"low": 1440, "moderate": 720, "high": 168, "critical": 72},
    } | changes  # fmt: skip


def publish(definition: dict[str, Any]) -> GridVersion:
    """The next version of its grid."""
    checked = load(definition)
    with system_context(SystemContext.REFERENCE):
        grid, _new = Grid.objects.get_or_create(slug=checked.slug)
        return GridVersion.objects.create(
            grid=grid, number=grid.versions.count() + 1, definition=to_raw(checked), content_hash=content_hash(checked)
        )
