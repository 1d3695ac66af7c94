"""A concertation scheme with its coordination, and the acts the tests of consultations and requests start from."""

from dataclasses import dataclass
from uuid import uuid4

from agencies.acting import acting_as
from agencies.enums import AgencyKind, Role
from agencies.models import Membership, Partnership, PartnershipMember
from cases.models import Case
from casework import coordinating, coordination_answering
from casework.coordinating import Asked
from riskassessment import consulting
from riskassessment.consulting import Typed
from riskassessment.models import Consultation, CoordinationRequest
from tests.factories import World, make_agency, make_member

WHY = "Les menaces s'aggravent depuis la séparation et il connaît les horaires de l'école."


@dataclass
class Scheme:
    """The act, who coordinates it and who takes part."""

    partnership: Partnership
    place: PartnershipMember
    coordinator: Membership
    colleague: Membership
    reader: Membership


def make_scheme(world: World, *members: Membership) -> Scheme:
    """A concertation scheme coordinated by an agency of its own, in which these members' agencies take part."""
    agency = make_agency(AgencyKind.COORDINATION, "Coordination Est")
    with acting_as(world.platform_admin):
        partnership = Partnership.objects.create(
            name="Dispositif Est", kind="dispositif", act="art. 458ter", purpose="x", who_takes_part="x", modalities="x"
        )
        place = PartnershipMember.objects.create(partnership=partnership, agency=agency, coordinates=True)
        for member in {each.agency_id: each for each in members}.values():
            PartnershipMember.objects.create(partnership=partnership, agency=member.agency)
    return Scheme(
        partnership,
        place,
        make_member(agency, Role.COORDINATOR, given_name="Sofia", family_name="Lambert"),
        make_member(agency),
        make_member(agency, Role.READER),
    )


def answers_at(version, level: str) -> dict[str, dict]:
    """Raw answers to the shipped criticality grid that indicate this level: low, high or insufficient."""
    from riskassessment.versions import definition_of

    answers: dict[str, dict] = {}
    for item in definition_of(version).questions:
        if item.type == "yes_no":
            answers[item.id] = {"value": "yes" if level == "high" and not item.protective else "no"}
        elif item.type in ("scale", "number"):
            answers[item.id] = {"value": 0 if item.type == "number" else item.least}
        elif item.type == "single":
            answers[item.id] = {"value": min(item.options, key=lambda option: option.weight).id}
        elif item.type == "multi":
            answers[item.id] = {"value": [min(item.options, key=lambda option: option.weight).id]}
    if level == "insufficient":
        return dict(list(answers.items())[:1])
    return answers


def consult(by: Membership, level: str = "high", **changes) -> Consultation:
    """A consultation of `by` at this level."""
    with acting_as(by):
        version = consulting.versions_for(by)[0]
        typed = Typed(
            situation=changes.pop("situation", "Depuis la séparation, il la suit chaque jour."),
            area=changes.pop("area", "4000"),
            answers=changes.pop("answers", answers_at(version, level)),
            **changes,
        )
        return consulting.consult(by=by, key=uuid4(), version=version, typed=typed)


def asked(scheme: Scheme, **changes) -> Asked:
    return Asked(**{"place_id": scheme.place.pk, "why": WHY, "feared_events": ("feminicide",)} | changes)


def ask_from_case(by: Membership, case: Case, scheme: Scheme, **changes) -> CoordinationRequest:
    with acting_as(by):
        return coordinating.ask_from_case(by=by, case_id=case.pk, asked=asked(scheme, **changes))


def ask_from_consultation(by: Membership, consultation: Consultation, scheme: Scheme, **changes) -> CoordinationRequest:
    with acting_as(by):
        return coordinating.ask_from_consultation(
            by=by, consultation_id=consultation.pk, asked=asked(scheme, **changes)
        )


def retain(by: Membership, request: CoordinationRequest) -> CoordinationRequest:
    with acting_as(by):
        return coordination_answering.retain(by=by, request_id=request.pk)


def redirect(
    by: Membership, request: CoordinationRequest, reason: str = "Adressez-vous au refuge."
) -> CoordinationRequest:
    with acting_as(by):
        return coordination_answering.redirect(by=by, request_id=request.pk, reason=reason)
