"""Needs of the district: three persons, one migration background, one danger for professionals. All of it invented."""

from typing import TYPE_CHECKING

from cases.access import for_case
from cases.enums import PersonRole, Stage
from cases.models import CasePerson
from common.clock import local, now
from common.ids import uuid7
from plans import dangers, needs
from plans.models import DangerAbout, DangerKind, DangerSource
from plans.needs import Need

from .assessing import ago
from .plans import Work

if TYPE_CHECKING:
    from .district import District

OF_HER = {
    "housing": Need("needed", "Elle dort chez une amie, pas plus de deux semaines.", "person"),
    "psychosocial": Need("being_met", "Elle voit une psychologue chaque semaine.", "person"),
    "legal": Need("needed", "Elle veut savoir ce qu’il en est du bail commun.", "person"),
    "income": Need("none", "Elle travaille à mi-temps et garde son salaire.", "person"),
    "language": Need("none", "", "observed"),
    "health": Need("met", "Vue aux urgences, certificat remis.", "document"),
}
OF_A_CHILD = {
    "education": Need("being_met", "L’école a aménagé les horaires.", "other"),
    "psychosocial": Need("needed", "Dort mal, ne veut plus rester seule.", "person"),
    "childcare": Need("needed", "Personne pour la garder le mercredi.", "person"),
}
OF_HIM = {
    "employment": Need("needed", "En incapacité depuis l’automne.", "person"),
    "psychosocial": Need("being_met", "Demande lui-même à parler à quelqu’un.", "person"),
    "housing": Need("being_met", "Loge chez son frère.", "observed"),
}
WHY = "Son titre de séjour dépend de son mari : un service qui connaît la procédure peut l’accompagner."
DANGER = dangers.Wanted(
    about=DangerAbout.ANIMAL,
    kind=DangerKind.ANIMAL,
    what="Un grand chien sans laisse dans la cour ; il a mordu un facteur au printemps.",
    precautions="Téléphoner avant de venir, se présenter à la grille, à deux.",
    source=DangerSource.SEEN,
    said_on_his_side="Un chien dans la cour : téléphoner avant de venir.",
)


def tell(district: "District") -> None:
    """All of it: the zone writes of her, of a child and of him, and flags the dog."""
    works = [
        work
        for work in district.told
        if work.plan.zone == "zp_aurore" and work.plan.contact == "reached" and work.plan.stage != Stage.CLOSED
    ]
    for work, role, found in (
        (works[-1], PersonRole.VICTIM, OF_HER),
        (_with_a_child(district), PersonRole.CHILD, OF_A_CHILD),
        (works[-1], PersonRole.PRESUMED_PERPETRATOR, OF_HIM),
    ):
        _needs(district, work, role, found)
    with district.act(works[-1].officer, max(ago(district, 1, 15), works[-1].at)):
        by, case = works[-1].officer, works[-1].case
        needs.write_background(
            by=by,
            case=case,
            access=for_case(case, by),
            case_person=CasePerson.objects.select_related("person").get(case=case, role=PersonRole.VICTIM),
            migrated=True,
            why=WHY,
            request_key=uuid7(),
        )
    _danger(district, works[-1])


def _with_a_child(district: "District") -> Work:
    """The latest open case of the zone that names a child."""
    for work in reversed([work for work in district.told if work.plan.stage != Stage.CLOSED]):
        with district.act(work.officer, max(ago(district, 1, 14), work.at)):
            if CasePerson.objects.filter(case=work.case, role=PersonRole.CHILD).exists():
                return work
    raise RuntimeError("no child in the cases of the demonstration")


def _needs(district: "District", work: Work, role: str, found: dict[str, Need]) -> None:
    by, case = work.officer, work.case
    with district.act(by, max(ago(district, 1, 14, 30), work.at)):
        person = CasePerson.objects.filter(case=case, role=role).select_related("person").order_by("created_at").first()
        access = for_case(case, by)
        needs.write(by=by, case=case, access=access, case_person=person, needs=found, request_key=uuid7())


def _danger(district: "District", work: Work) -> None:
    by, case = work.officer, work.case
    with district.act(by, max(ago(district, 1, 15, 30), work.at)):
        today = local(now()).date()
        wanted = dangers.Wanted(
            **vars(DANGER) | {"from_on": today, "until_on": today + dangers.LONGEST_TIME / 2},
        )
        dangers.flag(by=by, case=case, access=for_case(case, by), wanted=wanted, request_key=uuid7())
