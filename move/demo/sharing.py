"""Sharing in the demonstration: three partnerships, a standing authorisation, and decisions on other bases than consent."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from agencies import partnerships
from agencies.models import Membership, Partnership
from cases.access import for_case, get_case
from cases.enums import Category, Level, ParticipationSide, PersonRole, Side
from cases.models import Case
from common.clock import local, now
from common.ids import uuid7
from sharing import subject_access
from sharing.authorisations import authorise
from sharing.deciding import Asked, decide_by_hand, look, propose
from sharing.models import AskedBy, Basis, ProsecutorAuthorisation, Reach, SubjectRequest, Verified

from .words import BETWEEN_COORDINATIONS, CONSULTATION, PLATFORM

if TYPE_CHECKING:
    from .district import District

SCHEME = ("parquet", "zp_aurore", "zp_montlieu", "eva", "sapv", "tilleul", "escale", "appui", "hopital", "passerelle")
LOCAL = ("cpas", "quatre_vents", "jeunesse", "amarante", "embellie", "rivages", "zp_aurore", "eva")


def partnerships_of(district: "District") -> Partnership:
    """The concertation scheme of the district, which is returned; the one between its coordinations; the platform of its
    larger town.
    """
    pierre = district.members["pierre"]
    with district.act(pierre, district.start - timedelta(weeks=26)):
        found = [partnerships.create(by=pierre, values=values) for values in (CONSULTATION, PLATFORM)]
        for partnership, keys in zip(found, (SCHEME, LOCAL), strict=True):
            for key in ("coordination", *keys):
                partnerships.add_member(
                    by=pierre,
                    partnership_id=partnership.pk,
                    agency_id=district.agencies[key].pk,
                    coordinates=key == "coordination",
                )
        between = partnerships.create(by=pierre, values=BETWEEN_COORDINATIONS)
        for key, takes_over in (("coordination", False), ("coordination_montlieu", True)):
            partnerships.add_member(
                by=pierre,
                partnership_id=between.pk,
                agency_id=district.agencies[key].pk,
                coordinates=takes_over,
            )
    return found[0]


def standing_authorisation(district: "District") -> ProsecutorAuthorisation:
    """The prosecutor lets shelters and victim support know the level and the facts."""
    anne = district.members["anne"]
    with district.act(anne, district.start - timedelta(weeks=20)):
        return authorise(
            by=anne,
            case=None,
            access=None,
            prosecutor_id=None,
            magistrate="Anne Royer",
            reference="AP/2026/14",
            recipient_id=None,
            recipient_kinds=["shelter", "victim_support"],
            categories=[Category.LEVEL, Category.FACTS],
            given_on=local(now()).date(),
            valid_until=now() + timedelta(days=730),
        )


def decisions(district: "District", scheme: Partnership, standing: ProsecutorAuthorisation) -> None:
    """What services decided by hand in the gravest cases of the last weeks."""
    marc, leila = district.members["marc"], district.members["leila"]
    grave = _grave_cases(district, marc)
    hers = {"side": ParticipationSide.VICTIM, "grants": (f"{Category.IDENTITY}:{Side.VICTIM}",)}
    for index, case in enumerate(grave):
        at = district.start - timedelta(days=6 - index, hours=3)
        police = (f"{Category.LEVEL}:{Side.CASE}", f"{Category.FACTS}:{Side.CASE}")
        asked = Asked(
            recipient_id=district.agencies["tilleul" if index % 2 == 0 else "appui"].pk,
            basis=Basis.PROSECUTOR_AUTHORISATION,
            side=ParticipationSide.VICTIM,
            grants=police,
            authorisation_id=standing.pk,
            necessity="Régler la sécurité de l’accueil sur le niveau retenu et sur les faits.",
            timeliness="La place d’accueil se prépare cette semaine.",
            security="Lecture dans l’application seulement, par l’équipe qui l’accompagne.",
            reach=Reach.INTERNAL,
        )
        decide(district, marc, case, asked, at)
    if not grave:
        return
    first, last = grave[0], grave[-1]
    consultation = Asked(
        recipient_id=district.agencies["hopital"].pk,
        basis=Basis.CONSULTATION,
        partnership_id=scheme.pk,
        particulars={"occasion": "Concertation du mardi, sur la sécurité de la personne."},
        necessity="Prévenir l’équipe des urgences si elle s’y présente.",
        timeliness="La prochaine concertation est dans trois jours.",
        security="Les participants sont tenus au secret ; rien ne sort de la séance.",
        reach=Reach.INTERNAL,
        **hers,
    )
    decide(district, marc, first, consultation, district.start - timedelta(days=2, hours=5))
    danger = replace(
        consultation,
        recipient_id=district.agencies["cpas"].pk,
        basis=Basis.GRAVE_DANGER,
        partnership_id=None,
        particulars={
            "danger": "Il a dit qu’il l’attendrait devant les bureaux où elle a rendez-vous.",
            "help": "La recevoir à une autre adresse et à une autre heure.",
        },
        necessity="Elle y a rendez-vous demain.",
        timeliness="Le rendez-vous est demain matin.",
        security="Dit à la seule personne qui la reçoit.",
        reach=Reach.EXTERNAL,
    )
    decide(district, marc, last, danger, district.start - timedelta(hours=20))
    secret = replace(
        danger,
        recipient_id=district.agencies["appui"].pk,
        basis=Basis.SHARED_SECRET,
        particulars={
            "mission": "l’accompagner ensemble, avant et après l’audience",
            "same_secrecy": True,
            "informed": True,
        },
        necessity="Deux services l’accompagnent : elle ne raconte pas deux fois.",
        timeliness="Elle y va dès cette semaine.",
        security="Entre les deux personnes qui la suivent.",
        reach=Reach.INTERNAL,
    )
    decide(district, leila, first, secret, district.start - timedelta(days=1, hours=4))


def subject_requests(district: "District") -> None:
    """“Who had access to my data”: hers, answered by the cell that follows her; his, written down by his programme three
    weeks ago, waiting for the safety check of the zone that leads.
    """
    helene, nora = district.members["helene"], district.members["nora"]
    hers = _subject_request(district, helene, PersonRole.VICTIM, district.start - timedelta(days=9, hours=2))
    _subject_request(district, nora, PersonRole.PRESUMED_PERPETRATOR, district.start - timedelta(days=22, hours=5))
    if hers is None:
        return
    with district.act(helene, district.start - timedelta(days=7, hours=3)):
        case = Case.objects.get(pk=hers.case_id)
        shared = {"by": helene, "case": case, "access": for_case(case, helene), "request_id": hers.pk}
        seen = subject_access.find(**shared).seen
        subject_access.answer(seen=seen, **shared)


def _subject_request(district: "District", by: Membership, role: PersonRole, at: datetime) -> SubjectRequest | None:
    """The request of the person of this role in the first open case of `by`, where there is one."""
    with district.act(by, at):
        open_ones = Case.objects.visible_to(by).filter(closed_at=None, opened_at__lt=at - timedelta(days=3))
        for case in open_ones.order_by("opened_at", "pk"):
            access = for_case(case, by)
            subject = next((each for each in subject_access.subjects(by, access) if each.role == role), None)
            if subject is None:
                continue
            asked = subject_access.Asked(
                asked_by=AskedBy.SUBJECT, received_on=local(now()).date(), verified=Verified.DOCUMENT
            )
            return subject_access.write_request(
                by=by, case=case, access=access, subject=subject, asked=asked, request_key=uuid7()
            )
    return None


def _grave_cases(district: "District", by: Membership) -> list[Case]:
    """Some open cases at high or critical that this member may share, the oldest first."""
    with district.act(by, district.start):
        found = Case.objects.visible_to(by).filter(level__in=[Level.HIGH, Level.CRITICAL], closed_at=None)
        return list(found.order_by("opened_at", "pk")[:4])


def decide(district: "District", by: Membership, case: Case, asked: Asked, at: datetime) -> None:
    with district.act(by, max(at, case.opened_at + timedelta(hours=6))):
        case, access = get_case(case.pk, by)  # as it stands at that moment
        asked = replace(asked, accurate_on=local(now()).date(), until=now() + timedelta(days=120))
        seen = look(case=case, access=access, proposal=propose(by=by, case=case, access=access, asked=asked))
        decide_by_hand(by=by, case_id=case.pk, asked=asked, request_key=uuid7(), previewed=seen.fingerprint)
