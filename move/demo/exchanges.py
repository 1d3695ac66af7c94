"""What services say to each other in the demonstration: asked, said aloud, corrected, and an incident all learn from."""

from datetime import timedelta
from typing import TYPE_CHECKING

from cases.access import for_case
from cases.enums import Category, Side
from cases.models import Case
from casework.requesting import ask_for_information, refuse_request
from common.clock import now
from common.ids import uuid7
from sharing import incidents, oral
from sharing.models import Basis, IncidentKind, RefusalReason, SafetyMeasure, StepKind
from sharing.requests import Asked

if TYPE_CHECKING:
    from .district import District

CHILDREN = (f"{Category.CHILDREN}:{Side.VICTIM}",)


def exchanges(district: "District") -> None:
    """In cases the victim cell of the larger town works on."""
    leila = district.members["leila"]
    with district.act(leila, district.start):
        cases = list(
            Case.objects.visible_to(leila).filter(closed_at=None).exclude(level="").order_by("-opened_at", "pk")
        )
        cases = [case for case in cases if for_case(case, leila).contribute][:4]
    if len(cases) < 2:
        return
    _asked(district, cases)
    _said(district, cases[0])
    _incident(district, cases[-1])


def _asked(district: "District", cases: list[Case]) -> None:
    leila, marc = district.members["leila"], district.members["marc"]
    wanted = "Préparer avec elle l’accueil des enfants pendant l’audition."
    for case, days, refused in ((cases[0], 0, False), (cases[1], 3, True)):
        at = district.start - timedelta(days=days, hours=2)
        with district.act(leila, max(at, case.opened_at + timedelta(hours=7))):
            asked = Asked(marc.agency_id, CHILDREN, wanted, now() + timedelta(days=2))
            request = ask_for_information(by=leila, case_id=case.pk, asked=asked, request_key=uuid7())
        if refused:
            with district.act(marc, request.asked_at + timedelta(hours=5)):
                refuse_request(
                    by=marc,
                    request_id=request.pk,
                    reason=RefusalReason.NOT_HELD,
                    note="Les enfants n’étaient pas présents ; l’école peut vous en dire plus.",
                )


def _said(district: "District", case: Case) -> None:
    leila = district.members["leila"]
    with district.act(leila, max(district.start - timedelta(hours=4), case.opened_at + timedelta(hours=8))):
        oral.record_oral(
            by=leila,
            case=case,
            access=for_case(case, leila),
            to_agency=None,
            to_whom="Médecin de garde, Hôpital des Deux-Vallées",
            grants=[f"{Category.IDENTITY}:{Side.VICTIM}"],
            basis=Basis.GRAVE_DANGER,
            said_at=now() - timedelta(minutes=10),
            necessity="Elle y était attendue dans l’heure, et lui aussi.",
            key=uuid7(),
        )


def _incident(district: "District", case: Case) -> None:
    leila, ingrid = district.members["leila"], district.members["ingrid"]
    with district.act(leila, max(district.start - timedelta(days=1, hours=6), case.opened_at + timedelta(hours=9))):
        incident = incidents.report_incident(
            by=leila,
            case=case,
            access=for_case(case, leila),
            kind=IncidentKind.UNSAFE_NUMBER,
            discovered_at=now() - timedelta(minutes=40),
            account="L’ancien numéro, devenu dangereux, a été composé depuis un carnet de papier. Personne n’a décroché.",
            measures=[SafetyMeasure.WARNED, SafetyMeasure.RULES_CHANGED],
            measures_note="Elle a été vue le jour même à sa permanence habituelle.",
            key=uuid7(),
        )
    with district.act(ingrid, district.start - timedelta(hours=20)):
        found = incidents.find(by=ingrid, incident_id=incident.pk)
        incidents.add_step(
            by=ingrid,
            incident=found,
            kind=StepKind.RISK,
            note="Aucun message laissé ; le numéro appelant est celui d’un standard.",
        )
        incidents.publish_lesson(
            by=ingrid,
            kind=IncidentKind.UNSAFE_NUMBER,
            text="On n’appelle jamais depuis un carnet ou un téléphone : la règle se lit ici, juste avant l’appel.",
        )
