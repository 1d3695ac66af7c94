"""A small district of fictional people, and the acts tests start from. Everything goes through the services."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from accounts.models import User
from agencies.acting import acting_as
from agencies.enums import AgencyKind, AgencySide, Role
from agencies.models import Agency, Membership, TrainingCourse
from agencies.services import add_member, create_agency
from agencies.training import record_training
from casework.reporting import record_report
from common.acting import SystemContext, system_context
from common.clock import BRUSSELS, local, now
from reports.models import Report
from reports.services import start_draft

PASSWORD = "move-demo-2026"
_numbers = count(1)


def make_user(given_name: str = "Camille", family_name: str = "Renard", **extra) -> User:
    return User.objects.create_user(
        email=extra.pop("email", f"user{next(_numbers)}@example.org"),
        password=PASSWORD,
        given_name=given_name,
        family_name=family_name,
        **extra,
    )


def make_agency(kind: str = AgencyKind.POLICE, name: str | None = None, **extra) -> Agency:
    name = name or f"{AgencyKind(kind).value} {next(_numbers)}"
    with system_context(SystemContext.REFERENCE):
        return create_agency(name=name, short_name=extra.pop("short_name", name), kind=kind, **extra)


def make_member(agency: Agency, role: str = Role.PRACTITIONER, **user) -> Membership:
    with system_context(SystemContext.REFERENCE):
        return add_member(user=make_user(**user), agency=agency, role=role)


def train(*members: Membership, course: str = "partner-violence") -> None:
    """Write that these people have followed a training, as the platform administrator does."""
    with system_context(SystemContext.REFERENCE):
        found = TrainingCourse.objects.get(code=course)
        by = Membership.objects.filter(role=Role.PLATFORM_ADMINISTRATOR).select_related("user", "agency").first()
        for member in members:
            record_training(
                by=by, member=member, course=found, followed_on=local(now()).date(), evidence="Attestation du formateur"
            )


@dataclass
class World:
    """Who is who; each attribute is a Membership to act as."""

    officer: Membership  # police zone A
    police_referent: Membership
    police_manager: Membership
    reader: Membership  # police zone A, reads only
    other_officer: Membership  # police zone B
    eva: Membership  # EVA cell of zone A
    eva_referent: Membership
    eva_manager: Membership
    prosecutor: Membership
    shelter: Membership
    programme: Membership  # perpetrator programme
    stranger: Membership  # a service that takes no part
    platform_admin: Membership
    agency_admin: Membership  # of the shelter

    @classmethod
    def build(cls) -> "World":
        zone_a = make_agency(
            AgencyKind.POLICE,
            "Zone de police A",
            territory=["1210", "1030"],
            duty_phone="02 555 01 01",
            public_duty_phone="02 555 01 11",
        )
        zone_b = make_agency(AgencyKind.POLICE, "Zone de police B", territory=["4000"])
        eva = make_agency(
            AgencyKind.EVA_CELL,
            "Cellule EVA A",
            parent=zone_a,
            side=AgencySide.VICTIM,
            duty_phone="02 555 02 02",
            public_duty_phone="02 555 02 12",
        )
        prosecutor = make_agency(AgencyKind.PROSECUTOR, "Parquet", territory=["1210", "1030", "4000"])
        shelter = make_agency(AgencyKind.SHELTER, "Maison du Tilleul", side=AgencySide.VICTIM)
        programme = make_agency(AgencyKind.PERPETRATOR_PROGRAMME, "Programme Passerelle", side=AgencySide.PERPETRATOR)
        cpas = make_agency(AgencyKind.CPAS, "CPAS Est")
        coordination = make_agency(AgencyKind.COORDINATION, "Coordination")
        return cls(
            officer=make_member(zone_a, given_name="Marc", family_name="Delvaux"),
            police_referent=make_member(zone_a, Role.REFERENT),
            police_manager=make_member(zone_a, Role.MANAGER),
            reader=make_member(zone_a, Role.READER),
            other_officer=make_member(zone_b),
            eva=make_member(eva, given_name="Leïla", family_name="Amrani"),
            eva_referent=make_member(eva, Role.REFERENT),
            eva_manager=make_member(eva, Role.MANAGER),
            prosecutor=make_member(prosecutor),
            shelter=make_member(shelter),
            programme=make_member(programme),
            stranger=make_member(cpas),
            platform_admin=make_member(coordination, Role.PLATFORM_ADMINISTRATOR),
            agency_admin=make_member(shelter, Role.AGENCY_ADMINISTRATOR),
        )

    def again(self) -> "World":
        """The same people as they stand in the database now, colleagues sharing their agency. One query."""
        known = {member.pk: name for name, member in vars(self).items()}
        members = Membership.objects.filter(pk__in=known).select_related("user", "agency__parent")
        agencies: dict = {}
        for member in members:
            member.agency = agencies.setdefault(member.agency_id, member.agency)
        return World(**{known[member.pk]: member for member in members})


COMPLAINT = {
    "vif": "yes",
    "vc": "yes",
    "declaration": "made",
    "rights_explained": ["copy", "help", "protection"],
    "rights_language": "fr",
    "accompaniment": "not_needed",
}
"""What a complaint asks besides; a report of another kind leaves it aside."""


def report_data(**changes) -> dict:
    """What an officer types for a whole, valid report of any kind met an hour ago."""
    met = (now() - timedelta(hours=1)).astimezone(BRUSSELS)
    data = {
        "met_at": met.strftime("%Y-%m-%dT%H:%M"),
        "occurred_at": (met - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"),
        "place": "à son domicile",
        "postal_code": "1210",
        "pv_number": "BR.43.L1.001234/2026",
        "violence_types": ["physical", "psychological"],
        "facts_context": "Appel d'une voisine vers 21 h.",
        "facts_words": "Elle déclare : « il a dit que je ne sortirais pas vivante ».",
        "facts_gestures": "Il l'a saisie à la gorge, main droite, quelques secondes.",
        "children_present": "yes",
        "children_impact": "L'aîné pleure dans la chambre voisine.",
        "risk_threats": "Menaces de mort répétées.",
        "measure": "spontaneous_leaving",
        "orientation": "Cellule EVA.",
        "j2_accepted": "yes",
        "victim_given_name": "Fatou",
        "victim_family_name": "Diallo-Test",
        "victim_birth_date": "1991-04-12",
        "victim_phone": "0470 12 34 42",
        "victim_phone_safe": "yes",
        "victim_phone_hours": "entre 9 h et 11 h",
        "victim_phone_say": "la bibliothèque",
        "victim_phone_must_not_answer": "son compagnon",
        "perpetrator_given_name": "Yvan",
        "perpetrator_family_name": "Morel-Test",
        "perpetrator_relationship": "compagnon",
        "children-0-given_name": "Noé",
        "children-0-birth_date": "2019-09-01",
    }
    return data | COMPLAINT | changes


def make_report(by: Membership, kind: str = "police_dispute_report", **changes) -> Report:
    """A recorded report, its case, its consent and its J+2 contact, as the officer's own act."""
    with acting_as(by):
        draft = start_draft(by=by, kind=kind)
        return record_report(by=by, draft_id=draft.pk, data=report_data(**changes))
