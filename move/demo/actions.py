"""The situation that the coordination retained: eight actions in four strands, a plan of hers, looked at again."""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from agencies.models import Membership
from cases.access import for_case
from cases.enums import Level, PersonRole
from cases.models import CasePerson
from casework import actions, monitoring
from common.clock import BRUSSELS, local
from common.ids import uuid7
from plans import actions as rows
from plans import safety
from plans.actions import Said, Wanted
from plans.models import Action, ActionOutcome, ActionOwner, Strand

from .plans import WEEK, Work

if TYPE_CHECKING:
    from .district import District

HER, HIM, CASE = PersonRole.VICTIM, PersonRole.PRESUMED_PERPETRATOR, None
TOLD = (
    (Strand.MONITORING, HER, "Patrouille le soir devant l’immeuble, à des heures différentes.", ("zone",), 9),
    (Strand.MONITORING, HER, "Appel de la cellule chaque lundi et chaque jeudi.", ("cell",), 20),
    (Strand.SUPPORT, HER, "Place de secours réservée pour deux nuits, avec les enfants.", ("cell", "coordination"), 4),
    (Strand.SUPPORT, HER, "Dossier d’aide juridique de deuxième ligne introduit.", ("cell",), 12),
    (Strand.SUPERVISION, HIM, "Visite domiciliaire : rappel des interdictions, arme remise.", ("zone",), 5),
    (Strand.SUPERVISION, HIM, "Vérifier s’il est connu d’un service d’aide, et l’y inviter.", ("zone",), 15),
    (Strand.SAFETY, HER, "Serrure changée, voisine du premier prévenue.", ("cell", "zone"), 0),
    (Strand.SAFETY, CASE, "L’école sait qui peut chercher les enfants, et qui appeler.", ("coordination",), 7),
)
"""Strand, about whom, words, who does it, days until it is due; 0 was due yesterday evening."""

SAFETY = {
    "signs": "Il parle plus bas et ferme les fenêtres.\nAlors je sors le chien.",
    "home": "Pas dans la cuisine. La clé de la cave est sur le compteur.",
    "where": "L’endroit convenu.",
    "call": "Nadège, ma collègue.\n112",
    "word": "« Tu as pensé au pain ? »",
    "take": "Cartes d’identité, carnet des enfants, chargeur : dans le sac de sport.",
    "children": "Ils vont sonner au premier et restent là.",
    "digital": "Partage de position coupé sur l’ancien téléphone seulement.",
}


def tell(district: "District") -> None:
    """Once the coordination has retained it."""
    work = next(
        each
        for each in district.told
        if each.plan.level == Level.HIGH and each.plan.contact == "reached" and each.plan.due[0] >= -WEEK
    )
    coordinator = district.members["delphine"]
    teams = {"zone": work.officer, "cell": work.cell, "coordination": coordinator}
    planned = [_plan(district, coordinator, work, teams, told, minute) for minute, told in enumerate(TOLD)]
    _say(district, work.officer, planned[4], "PV de remise, coffre de la zone.")
    _safety(district, work)
    with district.act(coordinator, _ago(district, 1, 20)):
        monitoring.look_again(
            by=coordinator,
            case_id=work.case.pk,
            changed="yes",
            words="Il a appelé la famille de Madame deux fois dans la journée ; la zone passe une fois de plus.",
            request_key=uuid7(),
        )


def _ago(district: "District", days: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(_today(district) - timedelta(days=days), time(hour, minute), BRUSSELS)


def _today(district: "District") -> date:
    return local(district.start).date()


def _plan(
    district: "District", by: Membership, work: Work, teams: dict[str, Membership], told: tuple, minute: int
) -> Action:
    strand, role, words, who, days = told
    last = _today(district) + timedelta(days=days) if days else _today(district) - timedelta(days=1)
    with district.act(by, _ago(district, 1, 15, minute)):
        access = for_case(work.case, by)
        person = CasePerson.objects.filter(case=work.case, role=role).first() if role else None
        known = {each.agency.pk for each in rows.candidates(work.case, access)}
        wanted = Wanted(
            strand=strand,
            person_id=person.pk if person else None,
            words=words,
            due_at=datetime.combine(last, time(23, 30), BRUSSELS),
            owner_ids=tuple(pk for each in who if (pk := teams[each].agency_id) in known),
        )
        return actions.plan_action(by=by, case_id=work.case.pk, wanted=wanted, request_key=uuid7()).action


def _say(district: "District", by: Membership, action: Action, evidence: str) -> None:
    with district.act(by, _ago(district, 1, 19)):
        actions.say_of_action(
            by=by,
            case_id=action.case_id,
            action_id=action.pk,
            owner_id=ActionOwner.objects.get(action=action, owner=by.agency_id).pk,
            said=Said(ActionOutcome.DONE, evidence=evidence),
            shown=None,
            request_key=uuid7(),
        )


def _safety(district: "District", work: Work) -> None:
    with district.act(work.cell, _ago(district, 1, 16, 20)):
        safety.write(
            by=work.cell,
            case=work.case,
            access=for_case(work.case, work.cell),
            case_person_id=CasePerson.objects.get(case=work.case, role=HER).pk,
            texts=SAFETY,
            written_on=_today(district) - timedelta(days=1),
            read_back=True,
            replaces=None,
            request_key=uuid7(),
        )
