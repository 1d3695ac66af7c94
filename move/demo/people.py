"""The services of a fictional district and who works there. No name, number or address is that of a real service.

Two towns, Sainte-Aurore (1210, 1030) and Montlieu (4000, 4020, 4030). Telephone numbers are valid in form only.
"""

from dataclasses import dataclass

from agencies.enums import VICTIM_CELLS, AgencyKind, AgencySide, Phase, Role

AURORE, MONTLIEU = ("1210", "1030"), ("4000", "4020", "4030")
BOTH = AURORE + MONTLIEU


@dataclass(frozen=True)
class DemoAgency:
    key: str
    kind: AgencyKind
    name: str
    short_name: str
    territory: tuple[str, ...]
    number: int  # the last two digits of its telephone numbers
    side: AgencySide = AgencySide.NEUTRAL
    phase: Phase = Phase.FIRST_LINE
    parent: str = ""
    duty: bool = False
    accepts: bool = True
    hours: int = 48
    capacity: int | None = None
    languages: tuple[str, ...] = ("fr",)


PUBLIC_DUTY = frozenset({*VICTIM_CELLS, AgencyKind.SHELTER, AgencyKind.HOSPITAL})
"""Kinds whose duty answers anybody; that of the police and of the prosecutor is for colleagues."""


def public_duty_phone(agency: DemoAgency) -> str:
    """What stands on its posters and papers, or ""."""
    return f"02 555 04 {agency.number:02d}" if agency.duty and agency.kind in PUBLIC_DUTY else ""


@dataclass(frozen=True)
class DemoPerson:
    key: str
    given_name: str
    family_name: str
    hats: tuple[tuple[str, Role, str], ...]  # (agency, role, profession), the first one first


AGENCIES = (
    DemoAgency("zp_aurore", AgencyKind.POLICE, "Zone de police Sainte-Aurore", "ZP Sainte-Aurore", AURORE, 11, duty=True, accepts=False, languages=("fr", "nl")),
    DemoAgency("zp_montlieu", AgencyKind.POLICE, "Zone de police Montlieu-Val-de-Lorne", "ZP Montlieu", MONTLIEU, 12, duty=True, accepts=False),
    DemoAgency("eva", AgencyKind.EVA_CELL, "Cellule EVA de la zone Sainte-Aurore", "Cellule EVA Sainte-Aurore", AURORE, 13, AgencySide.VICTIM, Phase.SECOND_LINE, parent="zp_aurore", duty=True),
    DemoAgency("sapv", AgencyKind.SAPV, "Service d’assistance policière aux victimes de Montlieu", "SAPV Montlieu", MONTLIEU, 14, AgencySide.VICTIM, Phase.SECOND_LINE, parent="zp_montlieu", duty=True),
    DemoAgency("parquet", AgencyKind.PROSECUTOR, "Parquet du procureur du Roi de la Lorne", "Parquet de la Lorne", BOTH, 15, phase=Phase.SECOND_LINE, accepts=False, duty=True),
    DemoAgency("sav", AgencyKind.PROSECUTOR_VICTIM_RECEPTION, "Service d’accueil des victimes du parquet de la Lorne", "Accueil des victimes", BOTH, 16, AgencySide.VICTIM, Phase.SECOND_LINE, parent="parquet"),
    DemoAgency("tilleul", AgencyKind.SHELTER, "Maison du Tilleul", "Maison du Tilleul", BOTH, 17, AgencySide.VICTIM, Phase.SPECIALISED, duty=True, hours=24, capacity=14, languages=("fr", "ar", "en")),
    DemoAgency("escale", AgencyKind.SHELTER, "Refuge L’Escale claire", "L’Escale claire", MONTLIEU, 18, AgencySide.VICTIM, Phase.SPECIALISED, hours=24, capacity=9),
    DemoAgency("passerelle", AgencyKind.PERPETRATOR_PROGRAMME, "Programme Passerelle, travail avec les auteurs", "Programme Passerelle", BOTH, 19, AgencySide.PERPETRATOR, Phase.SPECIALISED, hours=120),
    DemoAgency("appui", AgencyKind.VICTIM_SUPPORT, "Point d’appui aux victimes", "Point d’appui", BOTH, 20, AgencySide.VICTIM, Phase.SECOND_LINE, languages=("fr", "tr", "en")),
    DemoAgency("cpas", AgencyKind.CPAS, "CPAS de Sainte-Aurore", "CPAS Sainte-Aurore", AURORE, 21),
    DemoAgency("hopital", AgencyKind.HOSPITAL, "Hôpital des Deux-Vallées, service social", "Hôpital des Deux-Vallées", BOTH, 22, duty=True),
    DemoAgency("amarante", AgencyKind.FAMILY_PLANNING, "Planning familial L’Amarante", "Planning L’Amarante", AURORE, 23, AgencySide.VICTIM),
    DemoAgency("rivages", AgencyKind.MIGRANT_SERVICE, "Rivages, accompagnement des personnes migrantes", "Rivages", BOTH, 24, AgencySide.VICTIM, Phase.SECOND_LINE, languages=("fr", "en", "ar", "ps", "es")),
    DemoAgency("jeunesse", AgencyKind.CHILD_PROTECTION, "Service de l’aide à la jeunesse de la Lorne", "Aide à la jeunesse", BOTH, 25, phase=Phase.SECOND_LINE),
    DemoAgency("quatre_vents", AgencyKind.SCHOOL, "Centre PMS des Quatre-Vents", "CPMS Quatre-Vents", AURORE, 26),
    DemoAgency("embellie", AgencyKind.MENTAL_HEALTH, "Service de santé mentale L’Embellie", "SSM L’Embellie", BOTH, 27, phase=Phase.SECOND_LINE, hours=120),
    DemoAgency("mots", AgencyKind.INTERPRETER_SERVICE, "Passe-Mots, interprétariat social", "Passe-Mots", BOTH, 28, accepts=False, languages=("fr", "ar", "tr", "ps", "es", "ro", "uk")),
    DemoAgency("coordination", AgencyKind.COORDINATION, "Coordination de la Lorne contre les violences", "Coordination de la Lorne", BOTH, 29, phase=Phase.SPECIALISED, accepts=False),
    DemoAgency("coordination_montlieu", AgencyKind.COORDINATION, "Coordination de Montlieu contre les violences", "Coordination de Montlieu", MONTLIEU, 30, phase=Phase.SPECIALISED, accepts=False),
)  # fmt: skip

PEOPLE = (
    DemoPerson("marc", "Marc", "Delvaux", (("zp_aurore", Role.PRACTITIONER, "inspecteur"),)),
    DemoPerson("aline", "Aline", "Wauters", (("zp_aurore", Role.PRACTITIONER, "inspectrice"),)),
    DemoPerson("sofie", "Sofie", "Claes", (("zp_aurore", Role.REFERENT, "inspectrice principale, référente violences"),)),
    DemoPerson("luc", "Luc", "Hardy", (("zp_aurore", Role.MANAGER, "commissaire"),)),
    DemoPerson("karim", "Karim", "Boulanger", (("zp_aurore", Role.READER, "agent d’accueil"),)),
    DemoPerson("thomas", "Thomas", "Lejeune", (("zp_montlieu", Role.PRACTITIONER, "inspecteur"),)),
    DemoPerson("isabelle", "Isabelle", "Noël", (("zp_montlieu", Role.REFERENT, "inspectrice principale, référente violences"),)),
    DemoPerson("gilles", "Gilles", "Maquet", (("zp_montlieu", Role.MANAGER, "commissaire"),)),
    DemoPerson("leila", "Leïla", "Amrani", (("eva", Role.PRACTITIONER, "assistante sociale"),)),
    DemoPerson("helene", "Hélène", "Cordier", (("eva", Role.REFERENT, "psychologue"),)),
    DemoPerson("paul", "Paul", "Mertens", (("eva", Role.MANAGER, "responsable de la cellule"),)),
    DemoPerson("julie", "Julie", "Servais", (("sapv", Role.PRACTITIONER, "assistante sociale"),)),
    DemoPerson("benoit", "Benoît", "Colin", (("sapv", Role.REFERENT, "criminologue"),)),
    DemoPerson("anne", "Anne", "Royer", (("parquet", Role.REFERENT, "magistrate de référence"),)),
    DemoPerson("simon", "Simon", "Dubuisson", (("parquet", Role.PRACTITIONER, "juriste de parquet"),)),
    DemoPerson("claire", "Claire", "Vandamme", (("sav", Role.PRACTITIONER, "assistante de justice"),)),
    DemoPerson("fatima", "Fatima", "Ouali", (("tilleul", Role.PRACTITIONER, "éducatrice"),)),
    DemoPerson("mireille", "Mireille", "Gérard", (("tilleul", Role.MANAGER, "directrice"),)),
    DemoPerson("chloe", "Chloé", "Evrard", (("tilleul", Role.AGENCY_ADMINISTRATOR, "secrétaire"),)),
    DemoPerson("sandrine", "Sandrine", "Pirot", (("escale", Role.PRACTITIONER, "assistante sociale"),)),
    DemoPerson("vincent", "Vincent", "Lambotte", (("passerelle", Role.PRACTITIONER, "psychologue"),)),
    DemoPerson("nora", "Nora", "Gilis", (("passerelle", Role.REFERENT, "criminologue"),)),
    DemoPerson("nadia", "Nadia", "Verhulst", (("appui", Role.PRACTITIONER, "psychologue"), ("amarante", Role.PRACTITIONER, "psychologue"))),
    DemoPerson("olivier", "Olivier", "Gaspard", (("appui", Role.PRACTITIONER, "assistant social"),)),
    DemoPerson("etienne", "Étienne", "Marchal", (("appui", Role.MANAGER, "directeur"),)),
    DemoPerson("samira", "Samira", "Benali", (("cpas", Role.PRACTITIONER, "assistante sociale"),)),
    DemoPerson("yves", "Yves", "Bodart", (("cpas", Role.READER, "gestionnaire de dossiers"),)),
    DemoPerson("caroline", "Caroline", "Dumont", (("hopital", Role.PRACTITIONER, "infirmière sociale"),)),
    DemoPerson("lucie", "Lucie", "Arnould", (("amarante", Role.MANAGER, "coordinatrice"),)),
    DemoPerson("tarik", "Tarik", "Aydin", (("rivages", Role.PRACTITIONER, "juriste"),)),
    DemoPerson("valerie", "Valérie", "Simonis", (("jeunesse", Role.PRACTITIONER, "déléguée"),)),
    DemoPerson("mathieu", "Mathieu", "Renson", (("quatre_vents", Role.PRACTITIONER, "assistant social"),)),
    DemoPerson("agnes", "Agnès", "Fontaine", (("embellie", Role.PRACTITIONER, "psychologue"),)),
    DemoPerson("amina", "Amina", "Haddad", (("mots", Role.AGENCY_ADMINISTRATOR, "coordinatrice"),)),
    DemoPerson("ioana", "Ioana", "Marin", (("mots", Role.PRACTITIONER, "répartitrice des demandes"),)),
    DemoPerson("delphine", "Delphine", "Maréchal", (("coordination", Role.COORDINATOR, "coordinatrice"),)),
    DemoPerson("renaud", "Renaud", "Lacasse", (("coordination_montlieu", Role.COORDINATOR, "coordinateur"),)),
    DemoPerson("odile", "Odile", "Warnier", (("coordination_montlieu", Role.MANAGER, "responsable"),)),
    DemoPerson("pierre", "Pierre", "Jadot", (("coordination", Role.PLATFORM_ADMINISTRATOR, "informaticien"),)),
    DemoPerson("sarah", "Sarah", "Lemmens", (("coordination", Role.PLATFORM_ADMINISTRATOR, "chargée de projet"),)),
    DemoPerson("ingrid", "Ingrid", "Peeters", (("coordination", Role.DATA_PROTECTION_OFFICER, "juriste"),)),
)  # fmt: skip
