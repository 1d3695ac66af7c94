from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AgencyKind(models.TextChoices):
    POLICE = "police", _("police")
    EVA_CELL = "eva_cell", _("EVA cell")
    SAPV = "sapv", _("police victim assistance")
    PROSECUTOR = "prosecutor", _("public prosecutor")
    PROSECUTOR_VICTIM_RECEPTION = (
        "prosecutor_victim_reception",
        _("victim reception at the prosecutor's office"),
    )
    COURT = "court", _("court")
    JUSTICE_HOUSE = "justice_house", _("justice house")
    PRISON_AID = "prison_aid", _("aid to detainees")
    LEGAL_AID = "legal_aid", _("lawyer and legal aid")
    VICTIM_SUPPORT = "victim_support", _("victim support")
    SHELTER = "shelter", _("shelter")
    PERPETRATOR_PROGRAMME = "perpetrator_programme", _("perpetrator programme")
    ADDICTION = "addiction", _("addiction service")
    CPAS = "cpas", _("public social welfare centre")
    SOCIAL_COHESION = "social_cohesion", _("social cohesion")
    MIGRANT_SERVICE = "migrant_service", _("migrant service")
    RECEPTION_SERVICE = "reception_service", _("reception service")
    STREET_WORK = "street_work", _("street work")
    HOSPITAL = "hospital", _("hospital")
    GENERAL_PRACTICE = "general_practice", _("general practice or medical house")
    PHARMACY = "pharmacy", _("pharmacy")
    FAMILY_PLANNING = "family_planning", _("family planning centre")
    CPVS = "cpvs", _("sexual violence care centre")
    MENTAL_HEALTH = "mental_health", _("mental health service")
    CHILD_PROTECTION = "child_protection", _("child protection")
    ONE = "one", _("birth and childhood office")
    SCHOOL = "school", _("school")
    FAMILY_SUPPORT = "family_support", _("family support")
    HOUSING = "housing", _("housing service")
    EMPLOYMENT = "employment", _("employment service")
    INTERPRETER_SERVICE = "interpreter_service", _("interpreter service")
    HELPLINE = "helpline", _("helpline")
    LEISURE = "leisure", _("leisure activities")
    COMMUNITY = "community", _("community association")
    COORDINATION = "coordination", _("coordination")


class Phase(models.IntegerChoices):
    """Phase of intervention in the MOVE model (§5.1)."""

    FIRST_LINE = 1, _("first line")
    SECOND_LINE = 2, _("second line")
    SPECIALISED = 3, _("specialised")


class AgencySide(models.TextChoices):
    """Whom an agency usually works with; the side in a case is the participation's and may differ."""

    VICTIM = "victim", _("with the victim")
    PERPETRATOR = "perpetrator", _("with the presumed perpetrator")
    NEUTRAL = "neutral", _("with both or neither")


class Role(models.TextChoices):
    READER = "reader", _("reader")
    PRACTITIONER = "practitioner", _("practitioner")
    REFERENT = "referent", _("reference person")
    MANAGER = "manager", _("manager")
    AGENCY_ADMINISTRATOR = "agency_administrator", _("agency administrator")
    COORDINATOR = "coordinator", _("coordinator")
    PLATFORM_ADMINISTRATOR = "platform_administrator", _("platform administrator")
    DATA_PROTECTION_OFFICER = "data_protection_officer", _("data protection officer")


JUDICIAL_KINDS = frozenset({AgencyKind.POLICE, AgencyKind.PROSECUTOR, AgencyKind.COURT, AgencyKind.JUSTICE_HOUSE})
"""Agencies that receive content of judicial origin without a prosecutor's authorisation."""

VICTIM_CELLS = (AgencyKind.EVA_CELL, AgencyKind.SAPV)
"""Who calls at J+2 for the police zone they belong to, the first kind first."""

INVESTIGATORS = frozenset({AgencyKind.POLICE, AgencyKind.PROSECUTOR})
"""Police and prosecutors: they may know of each other's cases, and still read how to reach both when two reports oppose
each other. Their victim assistance cells and every other kind are bound by secrecy.
"""

COMPLAINTS_GO_TO = AgencyKind.PROSECUTOR

UNIT_KINDS = frozenset({AgencyKind.PROSECUTOR, *VICTIM_CELLS})
"""Agencies that are divided: an office into sections, a cell into neighbourhoods."""

NOT_TOLD_URGENT = frozenset(
    {
        AgencyKind.SCHOOL,
        AgencyKind.LEISURE,
        AgencyKind.COMMUNITY,
        AgencyKind.EMPLOYMENT,
        AgencyKind.INTERPRETER_SERVICE,
        AgencyKind.PHARMACY,
    }
)
"""Never told that a case has become high or critical, though they take part: they do not act on danger, and the people
she or he meets there every day would read it in their faces.
"""


class Need(models.TextChoices):
    """What somebody needs: asked of a referral, answered by an entry of the directory."""

    SHELTER = "shelter", pgettext_lazy("need", "shelter")
    PSYCHOSOCIAL = "psychosocial", _("psychosocial support")
    LEGAL = "legal", _("legal help")
    HEALTH = "health", _("health care")
    SEXUAL_VIOLENCE = "sexual_violence", _("care after sexual violence")
    MENTAL_HEALTH = "mental_health", _("mental health care")
    ADDICTION = "addiction", _("help with an addiction")
    SOCIAL = "social", _("social and financial help")
    HOUSING = "housing", _("housing")
    RESIDENCE = "residence", _("residence permit and procedure")
    LANGUAGE = "language", _("language course or help in another language")
    EMPLOYMENT = "employment", _("employment")
    EDUCATION = "education", _("education")
    CHILDREN = "children", _("help for the children")
    CHILD_PROTECTION = "child_protection", _("protection of a child")
    PERPETRATOR_WORK = "perpetrator_work", _("work with the presumed perpetrator")
    OTHER = "other", _("another need")


class Audience(models.TextChoices):
    """Whom an entry of the directory or a help number is for."""

    VICTIM = "victim", _("for who lives with violence")
    PERPETRATOR = "perpetrator", _("for who uses violence")
    RELATIVE = "relative", _("for relatives and friends")
    CHILD = "child", _("for children and young people")
    PROFESSIONAL = "professional", _("for professionals")


class Theme(models.TextChoices):
    """About what a service has a reference person."""

    PARTNER_VIOLENCE = "partner_violence", _("partner violence")
    SEXUAL_VIOLENCE = "sexual_violence", _("sexual violence")
    CHILDREN = "children", _("children")
    PERPETRATORS = "perpetrators", _("work with perpetrators")
    MIGRATION = "migration", _("migration and languages")
    HOUSING = "housing", _("housing")
    HEALTH = "health", _("health")
    PROTECTION_OF_DATA = "data_protection", _("protection of data")


class InterpretingChannel(models.TextChoices):
    ON_SITE = "on_site", _("on site")
    PHONE = "phone", _("by phone")
    VIDEO = "video", _("by video")
