"""Who gets which answer at every address: actor × named URL × method → status.

The table is read by people first. It must be complete: a named URL (pages and API routes alike) without a row fails,
and so does an actor without an answer.

A new row: `"room:name": (PAGE, {status: who}, {status: who})`, for GET and POST. PAGE, API and OPEN answer for visitors
and for who has not chosen a hat. `who` is actors or groups of them (ZONE, WITH_HER, SERVICES…) in one string; "*" is
everybody a row does not name. Where the address holds an object of its own, put its id under its parameter's name in
`tell`, or in `special` when it differs from what other rows call the same.

Actors in LIKE are answered as somebody else is: leave them out, unless the row answers them otherwise. A wrong answer
to one of them is most often a leak: look before naming it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.http import Http404
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse

from administration.models import Rule, UnusualReading
from administration.unusual_sweep import Found, keep
from agencies import interpreters, posters, protocols, reference_persons, units
from agencies.acting import acting_as
from agencies.models import (
    HelpNumber,
    LoadHandover,
    Membership,
    Partnership,
    PartnershipMember,
    ServiceOffer,
    TrainingSession,
)
from agencies.services import add_member, invite
from cases import children, proceedings, same_person
from cases.access import for_case, get_case
from cases.enums import CODENAMES, VIEW_CASE
from cases.models import Case, CaseEvent, CasePerson, ContactPoint
from cases.services import write_note
from casework import tracking as line_to_prosecutor
from casework.assessing import conclude_level, review_assessment, sign_assessment
from casework.classifying import verify_classification
from casework.leading import offer_lead
from casework.rectifying import resolve as found_record
from casework.reporting import record_report
from casework.requesting import ask_for_information
from casework.turning import note_turning_point
from common.acting import SystemContext, system_context
from common.clock import local, now
from common.uploads import Received
from followups.callbacks import ask as ask_for_call
from followups.models import FollowUp
from followups.planning import plan_withdrawal_check
from notifications.models import Notice
from plans.models import LeadOffer
from referrals import drafts as referral_drafts
from referrals import interpreting, letters
from reports.exposures import add_exposure
from reports.files import add_file
from reports.models import Report, Tracking
from reports.services import start_draft
from riskassessment import editing
from riskassessment import services as assessments
from riskassessment.versions import definition_of, latest_versions
from sharing import authorisations, emergency_search
from sharing.break_glass import open_emergency
from sharing.defaults import save_draft
from sharing.incidents import report_incident
from sharing.models import (
    BreakGlass,
    Consent,
    InformationRequest,
    MatchNotice,
    ProsecutorAuthorisation,
    Rectification,
    SafetyIncident,
    SharingDecision,
    SubjectRequest,
    WayIn,
)
from sharing.rectifying import rectify
from sharing.requests import Asked
from tests.actors import (
    all_of_his_side,
    as_,
    excluded_colleague,
    former_member,
    just_expired,
    restricted_case,
    two_hats,
)
from tests.cases.appointment_acts import make as make_appointment
from tests.casework import coordination_acts, custody_acts
from tests.factories import World, make_agency, make_member, make_report, report_data, train
from tests.plans import programme_acts
from tests.plans.actions_acts import plan_one
from tests.plans.measure_acts import whole_measure
from tests.plans.needs_acts import flag as flag_danger
from tests.plans.needs_acts import write_background, write_needs
from tests.plans.plan_story import tell_ended, tell_plan
from tests.plans.safety_acts import write_plan
from tests.referrals_acts import accept, send
from tests.reports.samples import image
from tests.reports.situations import begin as begin_situation
from tests.reports.situations import make_situation
from tests.sampling import rest_long
from tests.sharing import subject_acts

pytestmark = pytest.mark.usefixtures("unlogged")

ACTORS = {
    "anonymous": "nobody logged in",
    "undecided": "the officer with a second hat, none chosen yet",
    "stranger": "a service that takes no part",
    "zone_b": "an officer of another police zone",
    "platform": "the platform administrator, without case content",
    "dpo": "the data protection officer, without case content",
    "admin": "the administrator of the shelter, before it accepts",
    "shelter": "the shelter, before it accepts",
    "accepted": "the shelter, once it has accepted her referral",
    "programme": "the perpetrator programme that takes part, on his side",
    "prosecutor": "the prosecutor the complaint was sent to",
    "eva": "the cell that calls at J+2",
    "reader": "a reader of the zone that recorded",
    "manager": "the manager of the zone that recorded",
    "officer": "the officer who recorded",
    "former": "a member of the recording zone until yesterday",
    "expired": "a service whose sharing ended a second ago",
    "excluded": "an officer of the recording zone, kept out by a conflict of interest",
    "his_side": "the justice house that works with him and holds all that his side may hold",
    "eva_hat": "a person of two services, acting for the cell that calls at J+2",
    "other_hat": "the same person, acting for the service that takes no part",
}
LIKE = {
    "former": "dpo",
    "expired": "stranger",
    "excluded": "zone_b",
    "his_side": "programme",
    "eva_hat": "eva",
    "other_hat": "stranger",
}
"""Actors answered as another one, wherever a row does not name them."""
QUICK = {"anonymous", "undecided", "stranger", "platform", "accepted", "officer", "excluded", "his_side"}
"""Whose answers `make test` asks for; everybody's in `make test-long`."""
OTHER_METHODS = ("put", "patch", "delete")
PUTS = ("api:case_assessment_answers",)
"""What is put, and nothing else."""


OPEN: dict = {}
PAGE = {"GET": {"anonymous": 302, "undecided": 302}, "POST": {"anonymous": 401, "undecided": 302}}
API = {"GET": {"anonymous": 401, "undecided": 403}, "POST": {"anonymous": 401, "undecided": 403}}
"""What visitors, and who has not chosen a hat yet, are answered."""

ZONE = "reader manager officer"
TAKES_PART = f"accepted programme prosecutor eva {ZONE}"
WITH_HER = f"accepted prosecutor eva {ZONE}"
SERVICES = f"stranger zone_b admin shelter {TAKES_PART}"
WRITERS = "accepted programme prosecutor eva manager officer"
READS_POLICE = f"prosecutor his_side {ZONE}"
"""Who reads what police wrote: reports, grids."""
CHILD_READERS = f"prosecutor {ZONE}"
CHILD_WRITERS = "prosecutor manager officer"
"""Who reads, and who writes, what is known of the children; his side never, whatever it holds. The cell reads what its
own situation says of the child.
"""
ENTERS_HERS = "prosecutor manager officer"
ENTERS = f"programme his_side {ENTERS_HERS}"
"""Who writes down a detention or a release, of these not on his side."""
CUSTODY = f"accepted eva reader {ENTERS}"
MEASURES = "his_side prosecutor reader manager officer"
"""Who reads the measures of the case; his side those he was notified of."""
OPENERS = f"stranger zone_b shelter {WRITERS}"
"""Who may open a case of another service in an emergency: all who write."""
CONSULTS = "stranger shelter accepted eva"
"""Who writes in a service whose kind the criticality grid is for."""
OUTSIDE_JUSTICE = "stranger shelter accepted programme eva"
"""Who writes in a service that is neither police nor justice: it opens situations."""
DRAFTERS = "manager officer excluded"
"""Who writes on the drafts of the zone, which belong to no case yet."""

TABLE: dict[str, tuple] = {
    "account_change_password": (OPEN, {302: "anonymous undecided", 200: "*"}, {302: "anonymous undecided", 200: "*"}),
    "account_inactive": (OPEN, {200: "*"}, {405: "*"}),
    "account_login": (OPEN, {200: "anonymous", 302: "*"}, {200: "anonymous", 302: "*"}),
    "account_logout": (OPEN, {302: "anonymous", 200: "*"}, {302: "*"}),
    "account_reauthenticate": (OPEN, {302: "anonymous undecided", 200: "*"}, {302: "anonymous undecided", 200: "*"}),
    "account_reset_password": (OPEN, {200: "*"}, {200: "*"}),
    "account_reset_password_done": (OPEN, {200: "*"}, {405: "*"}),
    "account_reset_password_from_key": (OPEN, {200: "*"}, {200: "*"}),
    "account_reset_password_from_key_done": (OPEN, {200: "*"}, {405: "*"}),
    "account_set_password": (OPEN, {302: "*"}, {302: "*"}),
    "account_signup": (OPEN, {200: "anonymous", 302: "*"}, {200: "anonymous", 302: "*"}),
    "administration:access_list": (PAGE, {200: "platform dpo", 403: "former *"}, {405: "*"}),
    "administration:access_list_pdf": (PAGE, {200: "platform dpo", 403: "former *"}, {405: "*"}),
    "administration:agencies": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:agency": (PAGE, {200: "platform admin", 404: "manager", 403: "*"}, {405: "*"}),
    "administration:agency_active": (PAGE, {405: "*"}, {302: "platform", 404: "manager", 403: "*"}),
    "administration:agency_check": (PAGE, {405: "*"}, {404: "platform", 403: "*"}),
    "administration:agency_edit": (
        PAGE,
        {200: "platform", 404: "manager", 403: "*"},
        {404: "manager", 422: "platform", 403: "*"},
    ),
    "administration:agency_new": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:case_access": (
        PAGE,
        {200: "platform dpo", 403: "former *"},
        {422: "platform dpo", 403: "former *"},
    ),
    "administration:default_discard": (PAGE, {405: "*"}, {302: "platform", 403: "*"}),
    "administration:default_draft": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:default_edit": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:default_publish": (PAGE, {405: "*"}, {422: "platform", 403: "*"}),
    "administration:defaults": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:grid_changes": (PAGE, {200: "platform admin", 404: "former *"}, {405: "*"}),
    "administration:grid_discard": (PAGE, {405: "*"}, {302: "platform admin", 404: "former *"}),
    "administration:grid_draft": (PAGE, {200: "platform admin", 404: "former *"}, {405: "*"}),
    "administration:grid_draft_json": (PAGE, {200: "platform admin", 404: "former *"}, {405: "*"}),
    "administration:grid_duplicate": (PAGE, {405: "*"}, {302: "platform", 403: "admin manager", 404: "former *"}),
    "administration:grid_head": (
        PAGE,
        {200: "platform admin", 404: "former *"},
        {422: "platform admin", 404: "former *"},
    ),
    "administration:grid_import": (
        PAGE,
        {200: "platform admin manager", 404: "former *"},
        {422: "platform admin manager", 404: "former *"},
    ),
    "administration:grid_item": (
        PAGE,
        {200: "platform admin", 404: "former *"},
        {422: "platform admin", 404: "former *"},
    ),
    "administration:grid_item_add": (
        PAGE,
        {200: "platform admin", 404: "former *"},
        {422: "platform admin", 404: "former *"},
    ),
    "administration:grid_item_move": (PAGE, {405: "*"}, {302: "platform admin", 404: "former *"}),
    "administration:grid_item_remove": (PAGE, {405: "*"}, {302: "platform admin", 404: "former *"}),
    "administration:grid_preview": (PAGE, {200: "platform admin", 404: "former *"}, {405: "*"}),
    "administration:grid_propose": (PAGE, {405: "*"}, {302: "platform admin", 404: "former *"}),
    "administration:grid_publish": (PAGE, {405: "*"}, {422: "platform admin", 404: "former *"}),
    "administration:grid_raw": (
        PAGE,
        {200: "platform admin", 404: "former *"},
        {422: "platform admin", 404: "former *"},
    ),
    "administration:grid_retire": (PAGE, {405: "*"}, {422: "platform", 403: "admin manager", 404: "former *"}),
    "administration:grid_scoring": (
        PAGE,
        {200: "platform admin", 404: "former *"},
        {422: "platform admin", 404: "former *"},
    ),
    "administration:grid_structure": (
        PAGE,
        {200: "platform admin", 404: "former *"},
        {422: "platform admin", 404: "former *"},
    ),
    "administration:grid_version": (PAGE, {200: "platform admin manager", 404: "former *"}, {405: "*"}),
    "administration:grid_version_json": (PAGE, {200: "platform admin manager", 404: "former *"}, {405: "*"}),
    "administration:grids": (PAGE, {200: "platform admin manager", 404: "former *"}, {405: "*"}),
    "administration:home": (PAGE, {200: "platform", 302: "admin manager", 403: "*"}, {405: "*"}),
    "administration:invitation_revoke": (PAGE, {405: "*"}, {302: "platform admin", 404: "manager", 403: "*"}),
    "administration:interpreter": (
        PAGE,
        {404: "platform admin manager", 403: "*"},
        {404: "platform admin manager", 403: "*"},
    ),
    "administration:interpreter_end": (
        PAGE,
        {405: "*"},
        {404: "platform admin manager", 403: "*"},
    ),
    "administration:interpreters": (
        PAGE,
        {404: "platform admin manager", 403: "*"},
        {404: "platform admin manager", 403: "*"},
    ),
    "administration:invite": (
        PAGE,
        {200: "platform admin", 404: "manager", 403: "*"},
        {404: "manager", 422: "platform admin", 403: "*"},
    ),
    "administration:member": (PAGE, {200: "platform admin", 404: "manager", 403: "*"}, {405: "*"}),
    "administration:member_end": (PAGE, {405: "*"}, {302: "platform admin", 404: "manager", 403: "*"}),
    "administration:member_role": (PAGE, {405: "*"}, {404: "manager", 422: "platform admin", 403: "*"}),
    "administration:offer_confirm": (PAGE, {405: "*"}, {302: "platform admin", 404: "manager", 403: "*"}),
    "administration:offer_edit": (
        PAGE,
        {200: "platform admin", 404: "manager", 403: "*"},
        {404: "manager", 422: "platform admin", 403: "*"},
    ),
    "administration:offer_end": (PAGE, {405: "*"}, {302: "platform admin", 404: "manager", 403: "*"}),
    "administration:offer_new": (
        PAGE,
        {200: "platform admin", 404: "manager", 403: "*"},
        {404: "manager", 422: "platform admin", 403: "*"},
    ),
    "administration:offers": (PAGE, {200: "platform admin", 404: "manager", 403: "*"}, {405: "*"}),
    "administration:partner_add": (PAGE, {405: "*"}, {422: "platform", 403: "*"}),
    "administration:partner_end": (PAGE, {405: "*"}, {302: "platform", 403: "*"}),
    "administration:partnership": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:partnership_edit": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:partnership_end": (PAGE, {405: "*"}, {302: "platform", 403: "*"}),
    "administration:partnership_new": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:partnerships": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:protocol": (
        PAGE,
        {200: "platform eva manager officer reader excluded", 404: "former *"},
        {405: "*"},
    ),
    "administration:protocol_end": (PAGE, {405: "*"}, {302: "platform", 403: "*"}),
    "administration:protocol_new": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:protocol_replace": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:protocols": (PAGE, {404: "former", 200: "*"}, {405: "*"}),
    "administration:reference_person_end": (PAGE, {405: "*"}, {302: "platform admin", 404: "manager", 403: "*"}),
    "administration:reference_persons": (
        PAGE,
        {200: "platform admin", 404: "manager", 403: "*"},
        {404: "manager", 422: "platform admin", 403: "*"},
    ),
    "administration:units": (PAGE, {200: "platform", 404: "admin manager", 403: "*"}, {405: "*"}),
    "administration:unit_new": (
        PAGE,
        {200: "platform", 404: "admin manager", 403: "*"},
        {422: "platform", 404: "admin manager", 403: "*"},
    ),
    "administration:unit_edit": (
        PAGE,
        {200: "platform", 404: "admin manager", 403: "*"},
        {422: "platform", 404: "admin manager", 403: "*"},
    ),
    "administration:unit_end": (PAGE, {405: "*"}, {302: "platform", 404: "admin manager", 403: "*"}),
    "administration:proof": (PAGE, {200: "platform dpo", 403: "former *"}, {405: "*"}),
    "administration:proof_check": (PAGE, {405: "*"}, {302: "platform dpo", 403: "former *"}),
    "administration:proof_roots": (PAGE, {200: "platform dpo", 403: "former *"}, {405: "*"}),
    "administration:trainings": (PAGE, {200: "platform admin manager", 403: "*"}, {405: "*"}),
    "administration:training_add": (PAGE, {405: "*"}, {422: "platform admin", 404: "manager", 403: "*"}),
    "administration:training_withdraw": (PAGE, {405: "*"}, {302: "platform manager", 404: "admin", 403: "*"}),
    "administration:help_number_edit": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:help_number_end": (PAGE, {405: "*"}, {302: "platform", 403: "*"}),
    "administration:help_number_new": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:help_number_verified": (PAGE, {405: "*"}, {302: "platform", 403: "*"}),
    "administration:help_numbers": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:import_table": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:imports": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:pathways": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:pathway_paths": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:pathway_version": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:pathway_rule_new": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:pathway_rule": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:pathway_rule_remove": (PAGE, {405: "*"}, {302: "platform", 403: "*"}),
    "administration:gaps": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:gaps_file": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:repeat_rules": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:guide_edit": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:guide_version": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:guides": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:handout_edit": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:handout_version": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:handouts": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:hints": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:hints_edit": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "administration:hints_version": (PAGE, {200: "platform", 403: "*"}, {405: "*"}),
    "administration:rights": (PAGE, {200: "platform admin manager", 403: "*"}, {405: "*"}),
    "administration:emergency_searches": (PAGE, {200: "dpo", 403: "former *"}, {405: "*"}),
    "administration:unusual": (PAGE, {200: "dpo", 403: "former *"}, {405: "*"}),
    "administration:unusual_reading": (PAGE, {200: "dpo", 403: "former *"}, {422: "dpo", 403: "former *"}),
    "agencies:capacity": (
        PAGE,
        {200: "platform admin shelter accepted", 404: "former *"},
        {422: "platform admin shelter accepted", 404: "former *"},
    ),
    "agencies:directory": (OPEN, {200: "*"}, {405: "*"}),
    "agencies:handout": (PAGE, {200: "*", 404: "former"}, {405: "*"}),
    "agencies:handout_pdf": (PAGE, {200: "*", 404: "former"}, {405: "*"}),
    "agencies:handouts": (PAGE, {200: "*", 404: "former"}, {405: "*"}),
    "agencies:invitation": (OPEN, {200: "anonymous", 403: "*"}, {422: "anonymous", 403: "*"}),
    "agencies:poster": (PAGE, {200: "eva", 404: "*"}, {405: "*"}),
    "agencies:poster_end": (PAGE, {405: "*"}, {302: "eva", 404: "*"}),
    "agencies:poster_pdf": (PAGE, {200: "eva", 404: "*"}, {405: "*"}),
    "agencies:posters": (PAGE, {200: "eva", 404: "*"}, {422: "eva", 404: "*"}),
    "api:case": (API, {200: TAKES_PART, 403: "platform dpo", 404: "*"}, {403: "platform dpo", 405: "*"}),
    "api:case_assessment": (
        API,
        {200: READS_POLICE, 403: "platform dpo", 404: "*"},
        {403: "platform dpo", 405: "*"},
    ),
    "api:case_assessment_answers": (API, {403: "platform dpo", 405: "*"}, {403: "platform dpo", 405: "*"}),
    "api:case_assessment_conclude": (
        API,
        {403: "platform dpo", 405: "*"},
        {403: "platform dpo prosecutor his_side reader", 400: "manager officer", 404: "*"},
    ),
    "api:case_assessment_sign": (
        API,
        {403: "platform dpo", 405: "*"},
        {403: "platform dpo reader", 400: "manager officer", 404: "*"},
    ),
    "api:case_assessments": (
        API,
        {200: TAKES_PART, 403: "platform dpo", 404: "*"},
        {403: "platform dpo reader", 400: WRITERS, 404: "*"},
    ),
    "api:case_report": (
        API,
        {200: READS_POLICE, 403: "platform dpo", 404: "*"},
        {403: "platform dpo", 405: "*"},
    ),
    "api:case_reports": (
        API,
        {200: READS_POLICE, 403: "platform dpo", 404: "*"},
        {403: "platform dpo", 405: "*"},
    ),
    "api:cases": (API, {200: SERVICES, 403: "*"}, {403: "platform dpo", 405: "*"}),
    "api:followup": (API, {200: f"eva {ZONE}", 403: "platform dpo", 404: "*"}, {403: "platform dpo", 405: "*"}),
    "api:followups": (
        API,
        {200: SERVICES, 403: "*"},
        {403: "platform dpo", 405: "*"},
    ),
    "api:grid": (
        API,
        {200: f"prosecutor zone_b excluded {ZONE}", 403: "platform dpo", 404: "*"},
        {403: "platform dpo", 405: "*"},
    ),
    "api:grids": (API, {200: SERVICES, 403: "*"}, {403: "platform dpo", 405: "*"}),
    "api:referral": (
        API,
        {200: f"admin shelter accepted {ZONE}", 403: "platform dpo", 404: "*"},
        {403: "platform dpo", 405: "*"},
    ),
    "api:referrals": (
        API,
        {200: SERVICES, 403: "*"},
        {403: "platform dpo", 405: "*"},
    ),
    "api:reports": (API, {403: "platform dpo", 405: "*"}, {400: "zone_b manager officer", 403: "*"}),
    "api:schema": (API, {200: "*"}, {405: "*"}),
    "cases:add_proceeding_reader": (
        PAGE,
        {405: "*"},
        {403: "reader eva", 422: "manager officer", 404: "*"},
    ),
    "cases:add_proceeding_step": (
        PAGE,
        {405: "*"},
        {403: "reader eva", 422: "manager officer", 404: "*"},
    ),
    "cases:end_proceeding_reader": (PAGE, {405: "*"}, {302: "manager officer", 403: "reader eva", 404: "*"}),
    "cases:new_proceeding": (
        PAGE,
        {200: "accepted prosecutor eva manager officer", 403: "reader", 404: "*"},
        {403: "reader", 422: "accepted prosecutor eva manager officer", 404: "*"},
    ),
    "cases:proceeding": (PAGE, {200: f"eva {ZONE}", 404: "*"}, {405: "*"}),
    "cases:appointment": (PAGE, {200: WITH_HER, 404: "*"}, {405: "*"}),
    "cases:appointment_sheet": (PAGE, {200: WITH_HER, 404: "*"}, {405: "*"}),
    "cases:appointments": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "cases:end_appointment": (
        PAGE,
        {405: "*"},
        {403: "accepted prosecutor eva reader", 422: "manager officer", 404: "*"},
    ),
    "cases:move_appointment": (
        PAGE,
        {200: "manager officer", 403: "accepted prosecutor eva reader", 404: "*"},
        {403: "accepted prosecutor eva reader", 422: "manager officer", 404: "*"},
    ),
    "cases:new_appointment": (
        PAGE,
        {200: WRITERS, 403: "reader", 404: "*"},
        {403: "reader", 422: WRITERS, 404: "*"},
    ),
    "cases:arrange_child": (
        PAGE,
        {200: CHILD_WRITERS, 403: "reader eva", 404: "*"},
        {403: "reader eva", 422: CHILD_WRITERS, 404: "*"},
    ),
    "cases:child": (PAGE, {200: f"eva {CHILD_READERS}", 404: "*"}, {405: "*"}),
    "cases:child_sheet": (PAGE, {200: CHILD_READERS, 404: "*"}, {405: "*"}),
    "cases:contact": (PAGE, {200: WITH_HER, 404: "*"}, {200: WITH_HER, 404: "*"}),
    "cases:end_child_contact": (PAGE, {405: "*"}, {302: CHILD_WRITERS, 403: "reader eva", 404: "*"}),
    "cases:list": (PAGE, {200: SERVICES, 404: "*"}, {405: "*"}),
    "cases:new_child_contact": (
        PAGE,
        {200: CHILD_WRITERS, 403: "reader eva", 404: "*"},
        {403: "reader eva", 422: CHILD_WRITERS, 404: "*"},
    ),
    "cases:new_contact": (
        PAGE,
        {200: "accepted prosecutor eva manager officer", 403: "reader", 404: "*"},
        {403: "reader", 422: "accepted prosecutor eva manager officer", 404: "*"},
    ),
    "cases:people": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "cases:replace_child_contact": (
        PAGE,
        {200: CHILD_WRITERS, 403: "reader eva", 404: "*"},
        {403: "reader eva", 422: CHILD_WRITERS, 404: "*"},
    ),
    "cases:say_child_gender": (PAGE, {405: "*"}, {302: CHILD_WRITERS, 403: "reader eva", 404: "*"}),
    "cases:replace_contact": (
        PAGE,
        {200: "accepted prosecutor eva manager officer", 403: "reader", 404: "*"},
        {403: "reader", 422: "accepted prosecutor eva manager officer", 404: "*"},
    ),
    "cases:search": (
        PAGE,
        {200: SERVICES, 404: "*"},
        {200: SERVICES, 404: "*"},
    ),
    "cases:correct_note": (
        PAGE,
        {200: "manager officer", 403: "reader prosecutor his_side", 404: "*"},
        {422: "manager officer", 403: "reader prosecutor his_side", 404: "*"},
    ),
    "cases:summary": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "cases:timeline": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "cases:timeline_entry": (PAGE, {302: READS_POLICE, 404: "*"}, {405: "*"}),
    "cases:write_note": (
        PAGE,
        {200: WRITERS, 403: "reader", 404: "*"},
        {403: "reader", 422: WRITERS, 404: "*"},
    ),
    "casework:neighbourhood": (PAGE, {200: "eva", 404: "*"}, {405: "*"}),
    "casework:neighbourhood_history": (PAGE, {200: "eva", 404: "*"}, {405: "*"}),
    "casework:ask_information": (
        PAGE,
        {200: WRITERS, 403: "reader", 404: "*"},
        {403: "reader", 422: WRITERS, 404: "*"},
    ),
    "casework:record_situation": (PAGE, {302: "*"}, {422: "eva", 404: "*"}),
    "casework:refuse_request": (PAGE, {405: "*"}, {403: "eva reader", 422: "manager officer", 404: "*"}),
    "casework:request": (PAGE, {200: f"eva {ZONE}", 404: "*"}, {405: "*"}),
    "casework:withdraw_request": (PAGE, {405: "*"}, {302: "eva", 403: ZONE, 404: "*"}),
    "casework:acknowledge_rectification": (PAGE, {405: "*"}, {302: "prosecutor", 404: "*"}),
    "casework:rectification": (PAGE, {200: f"prosecutor {ZONE}", 404: "*"}, {405: "*"}),
    "casework:rectify": (
        PAGE,
        {200: "prosecutor his_side manager officer", 403: "reader", 404: "*"},
        {422: "manager officer", 403: "prosecutor his_side reader", 404: "*"},
    ),
    "casework:assign_referral": (
        PAGE,
        {302: "*"},
        {302: "shelter", 422: "accepted", 403: f"admin {ZONE}", 404: "*"},
    ),
    "casework:accept_referral": (PAGE, {302: "*"}, {302: "shelter", 403: f"admin {ZONE}", 422: "accepted", 404: "*"}),
    "casework:answer_letter": (OPEN, {200: "*"}, {422: "*"}),
    "casework:letter_result": (PAGE, {302: "*"}, {422: "manager officer", 403: "reader", 404: "*"}),
    "casework:letter_told": (PAGE, {302: "*"}, {422: "manager officer", 403: "reader", 404: "*"}),
    "casework:conclude_level": (
        PAGE,
        {302: READS_POLICE, 404: "*"},
        {403: "prosecutor his_side reader", 422: "manager officer", 404: "*"},
    ),
    "casework:consultations": (PAGE, {200: SERVICES, 404: "*"}, {405: "*"}),
    "casework:consultation_new": (PAGE, {200: CONSULTS, 403: "*"}, {422: CONSULTS, 403: "*"}),
    "casework:contacts": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "casework:hand_load": (
        PAGE,
        {200: "admin", 404: "manager former", 403: "*"},
        {422: "admin", 404: "manager former", 403: "*"},
    ),
    "casework:handed_load": (PAGE, {200: "manager officer", 404: "*"}, {405: "*"}),
    "casework:children_missing": (PAGE, {200: SERVICES, 404: "*"}, {405: "*"}),
    "casework:consultation": (PAGE, {200: "eva", 404: "*"}, {405: "*"}),
    "casework:consultation_edit": (PAGE, {200: "eva", 404: "*"}, {422: "eva", 404: "*"}),
    "casework:consultation_erase": (PAGE, {405: "*"}, {302: "eva", 404: "*"}),
    "casework:consultation_ask": (PAGE, {200: "eva", 404: "*"}, {422: "eva", 404: "*"}),
    "casework:board": (PAGE, {200: "zone_b prosecutor reader manager officer", 404: "*"}, {405: "*"}),
    "casework:briefing": (PAGE, {200: "zone_b reader manager officer", 404: "*"}, {405: "*"}),
    "casework:briefing_pdf": (PAGE, {200: "zone_b reader manager officer", 404: "*"}, {405: "*"}),
    "plans:overview": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "plans:needs": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "plans:write_needs": (
        PAGE,
        {200: "accepted prosecutor eva manager officer", 403: "reader", 404: "*"},
        {403: "reader", 422: "accepted prosecutor eva manager officer", 404: "*"},
    ),
    "plans:migration": (
        PAGE,
        {200: "accepted prosecutor eva manager officer reader", 404: "*"},
        {403: "reader", 422: "accepted prosecutor eva manager officer", 404: "*"},
    ),
    "plans:dangers": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "plans:flag_danger": (PAGE, {200: WRITERS, 403: "reader", 404: "*"}, {403: "reader", 422: WRITERS, 404: "*"}),
    "plans:prolong_danger": (
        PAGE,
        {200: "manager officer", 403: "accepted programme prosecutor eva reader", 404: "*"},
        {422: "manager officer", 403: "accepted programme prosecutor eva reader", 404: "*"},
    ),
    "plans:end_danger": (
        PAGE,
        {200: "manager officer", 403: "accepted programme prosecutor eva reader", 404: "*"},
        {422: "manager officer", 403: "accepted programme prosecutor eva reader", 404: "*"},
    ),
    "casework:tracked": (
        PAGE,
        {200: "prosecutor reader manager officer", 404: "*"},
        {422: "prosecutor reader manager officer", 404: "*"},
    ),
    "casework:coordination_requests": (PAGE, {200: SERVICES, 404: "*"}, {405: "*"}),
    "casework:coordination_request": (PAGE, {200: "eva", 404: "*"}, {405: "*"}),
    "casework:retain_request": (PAGE, {405: "*"}, {403: "eva", 404: "*"}),
    "casework:redirect_request": (PAGE, {405: "*"}, {403: "eva", 404: "*"}),
    "casework:withdraw_coordination": (PAGE, {405: "*"}, {302: "eva", 404: "*"}),
    "casework:identify": (PAGE, {403: "eva", 404: "*"}, {403: "eva", 404: "*"}),
    "casework:road_check": (
        PAGE,
        {200: "zone_b prosecutor reader manager officer", 404: "*"},
        {422: "zone_b prosecutor reader manager officer", 404: "*"},
    ),
    "casework:measures": (PAGE, {200: MEASURES, 404: "*"}, {405: "*"}),
    "casework:new_measure": (
        PAGE,
        {200: ENTERS_HERS, 403: "reader his_side", 404: "*"},
        {422: ENTERS_HERS, 403: "reader his_side", 404: "*"},
    ),
    "casework:measure": (PAGE, {200: MEASURES, 404: "*"}, {422: MEASURES, 404: "*"}),
    "casework:measure_sheet": (PAGE, {200: ENTERS_HERS, 403: "reader his_side", 404: "*"}, {405: "*"}),
    "casework:measure_sheet_pdf": (PAGE, {200: ENTERS_HERS, 403: "reader his_side", 404: "*"}, {405: "*"}),
    "casework:custody": (PAGE, {200: CUSTODY, 404: "*"}, {405: "*"}),
    "casework:detain": (
        PAGE,
        {200: ENTERS, 403: "accepted eva reader", 404: "*"},
        {422: ENTERS, 403: "accepted eva reader", 404: "*"},
    ),
    "casework:detention": (
        PAGE,
        {200: f"his_side {ENTERS_HERS} reader", 404: "*"},
        {422: f"his_side {ENTERS_HERS}", 403: "reader", 404: "*"},
    ),
    "casework:enter_release": (
        PAGE,
        {200: ENTERS, 403: "accepted eva reader", 404: "*"},
        {422: ENTERS, 403: "accepted eva reader", 404: "*"},
    ),
    "casework:release_alert": (
        PAGE,
        {200: f"accepted eva reader {ENTERS_HERS}", 404: "*"},
        {403: "reader", 422: f"accepted eva {ENTERS_HERS}", 404: "*"},
    ),
    "casework:release_number": (PAGE, {405: "*"}, {200: f"accepted eva {ENTERS_HERS}", 403: "reader", 404: "*"}),
    "casework:release_wish": (
        PAGE,
        {200: f"accepted eva {ENTERS_HERS}", 403: "reader", 404: "*"},
        {422: f"accepted eva {ENTERS_HERS}", 403: "reader", 404: "*"},
    ),
    "casework:coordination": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "casework:ask_coordination": (
        PAGE,
        {200: WRITERS, 403: "reader", 404: "*"},
        {403: "reader", 422: WRITERS, 404: "*"},
    ),
    "casework:begin_monitoring": (
        PAGE,
        {405: "*"},
        {422: "manager officer", 403: "accepted programme prosecutor eva reader", 404: "*"},
    ),
    "casework:looked_again": (
        PAGE,
        {405: "*"},
        {422: "manager officer", 403: "accepted programme prosecutor eva reader", 404: "*"},
    ),
    "casework:extend_monitoring": (
        PAGE,
        {405: "*"},
        {422: "manager officer", 403: "accepted programme prosecutor eva reader", 404: "*"},
    ),
    "casework:end_monitoring": (
        PAGE,
        {405: "*"},
        {422: "manager officer", 403: "accepted programme prosecutor eva reader", 404: "*"},
    ),
    "casework:action_plan": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "casework:new_action": (
        PAGE,
        {200: WRITERS, 403: "reader", 404: "*"},
        {422: WRITERS, 403: "reader", 404: "*"},
    ),
    "casework:action": (PAGE, {200: WITH_HER, 404: "*"}, {405: "*"}),
    "casework:say_of_action": (
        PAGE,
        {405: "*"},
        {422: "manager officer", 403: "accepted prosecutor eva reader", 404: "*"},
    ),
    "casework:closing": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "casework:close": (
        PAGE,
        {405: "*"},
        {422: "manager", 403: "accepted programme prosecutor eva reader officer", 404: "*"},
    ),
    "casework:close_light": (
        PAGE,
        {405: "*"},
        {422: "manager", 403: "accepted programme prosecutor eva reader officer", 404: "*"},
    ),
    "casework:extend_supervision": (
        PAGE,
        {405: "*"},
        {422: "manager", 403: "accepted programme prosecutor eva reader officer", 404: "*"},
    ),
    "casework:reopen": (
        PAGE,
        {405: "*"},
        {422: "accepted prosecutor eva manager officer", 403: "programme reader", 404: "*"},
    ),
    "casework:told_return": (
        PAGE,
        {200: "accepted prosecutor eva manager officer", 403: "programme reader", 404: "*"},
        {422: "accepted prosecutor eva manager officer", 403: "programme reader", 404: "*"},
    ),
    "casework:end_part": (
        PAGE,
        {200: WRITERS, 403: "reader", 404: "*"},
        {422: WRITERS, 403: "reader", 404: "*"},
    ),
    "casework:resume_part": (PAGE, {405: "*"}, {422: WRITERS, 403: "reader", 404: "*"}),
    "casework:lead": (PAGE, {200: WITH_HER, 404: "*"}, {405: "*"}),
    "casework:hand_lead": (
        PAGE,
        {200: "manager", 403: "accepted programme prosecutor eva reader officer", 404: "*"},
        {422: "manager", 403: "accepted programme prosecutor eva reader officer", 404: "*"},
    ),
    "casework:name_reference": (
        PAGE,
        {405: "*"},
        {422: "manager", 403: "accepted programme prosecutor eva reader officer", 404: "*"},
    ),
    "casework:accept_lead": (PAGE, {405: "*"}, {403: f"eva {ZONE}", 404: "*"}),
    "casework:decline_lead": (PAGE, {405: "*"}, {403: f"eva {ZONE}", 404: "*"}),
    "casework:withdraw_lead": (PAGE, {405: "*"}, {302: "manager", 403: "eva reader officer", 404: "*"}),
    "casework:agree_plan": (
        PAGE,
        {200: "manager officer", 403: "accepted programme prosecutor eva reader", 404: "*"},
        {422: "manager officer", 403: "accepted programme prosecutor eva reader", 404: "*"},
    ),
    "plans:safety_plan": (PAGE, {200: WITH_HER, 404: "*"}, {405: "*"}),
    "plans:write_safety_plan": (
        PAGE,
        {200: "accepted prosecutor eva manager officer", 403: "reader", 404: "*"},
        {422: "accepted prosecutor eva manager officer", 403: "reader", 404: "*"},
    ),
    "plans:safety_paper": (
        PAGE,
        {200: "accepted prosecutor eva manager officer", 403: "reader", 404: "*"},
        {422: "accepted prosecutor eva manager officer", 403: "reader", 404: "*"},
    ),
    "casework:programmes": (PAGE, {200: f"prosecutor programme {ZONE}", 404: "*"}, {405: "*"}),
    "casework:begin_programme": (
        PAGE,
        {200: "programme", 403: "his_side", 404: "*"},
        {422: "programme", 403: "his_side", 404: "*"},
    ),
    "casework:programme": (PAGE, {200: "prosecutor programme", 404: "*"}, {405: "*"}),
    "casework:plan_sessions": (PAGE, {405: "*"}, {422: "programme", 403: "his_side prosecutor", 404: "*"}),
    "casework:mark_session": (PAGE, {405: "*"}, {422: "programme", 403: "his_side prosecutor", 404: "*"}),
    "casework:programme_mandate": (
        PAGE,
        {200: "programme", 403: "his_side prosecutor", 404: "*"},
        {422: "programme", 403: "his_side prosecutor", 404: "*"},
    ),
    "casework:end_mandate": (PAGE, {405: "*"}, {422: "programme", 403: "his_side prosecutor", 404: "*"}),
    "casework:mandate_report": (PAGE, {405: "*"}, {422: "programme", 403: "his_side prosecutor", 404: "*"}),
    "casework:programme_sheet": (PAGE, {200: "prosecutor programme", 404: "his_side *"}, {405: "*"}),
    "casework:programme_step": (
        PAGE,
        {200: "programme", 403: "his_side prosecutor", 404: "*"},
        {422: "programme", 403: "his_side prosecutor", 404: "*"},
    ),
    "casework:therapeutic_plan": (
        PAGE,
        {200: "programme", 404: "his_side *"},
        {422: "programme", 404: "his_side *"},
    ),
    "casework:programme_alert": (
        PAGE,
        {200: "programme", 403: "his_side prosecutor", 404: "*"},
        {422: "programme", 403: "his_side prosecutor", 404: "*"},
    ),
    "casework:alert": (PAGE, {200: f"programme {ZONE}", 404: "his_side *"}, {405: "*"}),
    "casework:take_up_alert": (PAGE, {405: "*"}, {302: "manager officer", 403: "programme reader", 404: "his_side *"}),
    "casework:pass_alert_on": (PAGE, {405: "*"}, {422: "manager officer", 403: "programme reader", 404: "his_side *"}),
    "casework:passed_on": (PAGE, {200: "eva", 404: "*"}, {405: "*"}),
    "casework:sessions": (PAGE, {200: "programme", 404: "his_side *"}, {405: "*"}),
    "casework:mandates": (PAGE, {200: "his_side prosecutor", 404: "*"}, {405: "*"}),
    "casework:decline_referral": (PAGE, {302: "*"}, {403: f"admin {ZONE}", 422: "shelter accepted", 404: "*"}),
    "casework:exclude": (PAGE, {302: TAKES_PART, 404: "*"}, {422: TAKES_PART, 404: "*"}),
    "casework:let_in": (PAGE, {302: TAKES_PART, 404: "*"}, {422: "manager", 404: "*"}),
    "casework:hand_over": (
        PAGE,
        {200: "manager officer", 403: "reader", 404: "*"},
        {422: "manager officer", 403: "reader", 404: "*"},
    ),
    "casework:turning_point": (
        PAGE,
        {200: WRITERS, 403: "reader", 404: "*"},
        {422: WRITERS, 403: "reader", 404: "*"},
    ),
    "casework:group_cases": (
        PAGE,
        {200: f"prosecutor {ZONE}", 404: "*"},
        {422: "prosecutor", 403: ZONE, 404: "*"},
    ),
    "casework:same_person": (PAGE, {200: TAKES_PART, 404: "*"}, {403: "reader", 422: WRITERS, 404: "*"}),
    "casework:end_same_person": (
        PAGE,
        {403: "reader his_side", 200: WITH_HER, 404: "*"},
        {403: "reader his_side", 422: WITH_HER, 404: "*"},
    ),
    "casework:lift_restriction": (
        PAGE,
        {302: TAKES_PART, 404: "*"},
        {422: "manager", 403: "accepted programme prosecutor eva reader officer", 404: "*"},
    ),
    "casework:compare": (PAGE, {200: READS_POLICE, 404: "*"}, {405: "*"}),
    "casework:over_time": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "casework:my_work": (PAGE, {200: "*"}, {405: "*"}),
    "casework:naming": (PAGE, {200: "manager", 404: "*"}, {302: "manager", 404: "*"}),
    "casework:record_report": (PAGE, {302: "*"}, {422: DRAFTERS, 404: "*"}),
    "casework:restrict": (
        PAGE,
        {302: TAKES_PART, 404: "*"},
        {422: "manager", 403: "accepted programme prosecutor eva reader officer", 404: "*"},
    ),
    "casework:restriction": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "casework:send_referral": (PAGE, {302: "*"}, {403: "reader", 422: WRITERS, 404: "*"}),
    "casework:review_assessment": (
        PAGE,
        {302: READS_POLICE, 404: "*"},
        {422: "manager", 403: "prosecutor his_side reader officer", 404: "*"},
    ),
    "casework:sign_assessment": (PAGE, {302: ZONE, 404: "*"}, {403: "reader", 422: "manager officer", 404: "*"}),
    "casework:situation_next": (PAGE, {200: "eva", 404: "*"}, {405: "*"}),
    "casework:situation_sheet": (PAGE, {200: "eva", 404: "*"}, {200: "eva", 404: "*"}),
    "casework:verify_classification": (
        PAGE,
        {200: ZONE, 404: "*"},
        {403: "reader officer", 422: "manager", 404: "*"},
    ),
    "casework:trail": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "casework:trail_pdf": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "casework:withdraw_consent": (
        PAGE,
        {200: "accepted eva manager officer", 403: "prosecutor reader", 404: "*"},
        {302: "accepted eva manager officer", 403: "prosecutor reader", 404: "*"},
    ),
    "casework:withdraw_referral": (
        PAGE,
        {302: "*"},
        {302: "manager officer", 403: "admin shelter accepted reader", 404: "*"},
    ),
    "drafting_help": (OPEN, {302: "anonymous", 405: "*"}, {302: "*"}),
    "choose_acting": (OPEN, {302: "anonymous", 200: "*"}, {302: "anonymous", 200: "*"}),
    "followups:answer": (PAGE, {405: "*"}, {422: "eva", 404: "*"}),
    "followups:attempt": (PAGE, {405: "*"}, {403: ZONE, 422: "eva", 404: "*"}),
    "followups:callback": (PAGE, {200: "eva", 404: "*"}, {405: "*"}),
    "followups:callback_handle": (PAGE, {405: "*"}, {403: "eva", 404: "*"}),
    "followups:callback_number": (PAGE, {405: "*"}, {200: "eva", 404: "*"}),
    "followups:callback_take": (PAGE, {405: "*"}, {302: "eva", 404: "*"}),
    "followups:callbacks": (PAGE, {200: "eva", 404: "*"}, {405: "*"}),
    "followups:claim": (PAGE, {405: "*"}, {302: "eva", 403: ZONE, 404: "*"}),
    "followups:detail": (PAGE, {200: f"eva {ZONE}", 404: "*"}, {405: "*"}),
    "followups:list": (PAGE, {200: SERVICES, 404: "*"}, {405: "*"}),
    "followups:number": (PAGE, {405: "*"}, {200: "eva", 403: ZONE, 404: "*"}),
    "followups:poster_page": (OPEN, {200: "*"}, {422: "*"}),
    "followups:poster_thanks": (OPEN, {200: "*"}, {405: "*"}),
    "health_live": (OPEN, {200: "*"}, {405: "*"}),
    "health_ready": (OPEN, {200: "*"}, {405: "*"}),
    "notifications:list": (PAGE, {404: "former", 200: "*"}, {405: "*"}),
    "notifications:open": (PAGE, {405: "*"}, {302: "shelter accepted", 404: "*"}),
    "notifications:read": (PAGE, {405: "*"}, {302: "shelter accepted", 404: "*"}),
    "notifications:read_all": (PAGE, {405: "*"}, {404: "former", 302: "*"}),
    "referrals:case_list": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "referrals:detail": (PAGE, {200: f"admin shelter {WITH_HER}", 404: "*"}, {405: "*"}),
    "referrals:letter": (PAGE, {200: ZONE, 404: "*"}, {422: "manager officer", 403: "reader", 404: "*"}),
    "referrals:interpreter": (PAGE, {200: ZONE, 404: "*"}, {405: "*"}),
    "referrals:interpreter_again": (PAGE, {405: "*"}, {403: "reader", 422: "manager officer", 404: "*"}),
    "referrals:interpreter_confirm": (PAGE, {405: "*"}, {403: "reader", 422: "manager officer", 404: "*"}),
    "referrals:interpreter_decline": (PAGE, {405: "*"}, {403: ZONE, 404: "*"}),
    "referrals:interpreter_held": (PAGE, {405: "*"}, {403: "reader", 422: "manager officer", 404: "*"}),
    "referrals:interpreter_new": (
        PAGE,
        {200: WRITERS, 403: "reader", 404: "*"},
        {403: "reader", 422: WRITERS, 404: "*"},
    ),
    "referrals:interpreter_propose": (PAGE, {405: "*"}, {403: ZONE, 404: "*"}),
    "referrals:interpreter_withdraw": (PAGE, {405: "*"}, {302: "manager officer", 403: "reader", 404: "*"}),
    "referrals:interpreters": (PAGE, {200: SERVICES, 404: "*"}, {405: "*"}),
    "referrals:letter_pdf": (PAGE, {405: "*"}, {302: ZONE, 404: "*"}),
    "referrals:discard_draft": (PAGE, {405: "*"}, {302: "officer", 404: "*"}),
    "referrals:list": (PAGE, {200: SERVICES, 404: "*"}, {405: "*"}),
    "referrals:next": (PAGE, {200: WRITERS, 403: "reader", 404: "*"}, {403: "reader", 422: WRITERS, 404: "*"}),
    "referrals:new": (PAGE, {200: WRITERS, 403: "reader", 404: "*"}, {403: "reader", 422: WRITERS, 404: "*"}),
    "referrals:preview": (PAGE, {302: "officer", 403: "reader", 404: "*"}, {405: "*"}),
    "referrals:unlisted": (PAGE, {200: WRITERS, 403: "reader", 404: "*"}, {403: "reader", 422: WRITERS, 404: "*"}),
    "referrals:save_draft": (PAGE, {405: "*"}, {400: WRITERS, 403: "reader", 404: "*"}),
    "referrals:begin": (PAGE, {405: "*"}, {302: "accepted", 403: f"admin {ZONE}", 422: "shelter", 404: "*"}),
    "referrals:complete": (PAGE, {302: "*"}, {403: f"admin {ZONE}", 422: "shelter accepted", 404: "*"}),
    "referrals:feedback": (PAGE, {302: "*"}, {403: f"admin {ZONE}", 422: "shelter accepted", 404: "*"}),
    "referrals:receive": (PAGE, {405: "*"}, {302: "shelter", 403: f"admin {ZONE}", 422: "accepted", 404: "*"}),
    "reports:hints": (PAGE, {200: "*"}, {405: "*"}),
    "reports:hints_latest": (PAGE, {302: "*"}, {405: "*"}),
    "reports:child_exposure": (
        PAGE,
        {200: "manager officer", 403: "reader prosecutor", 404: "*"},
        {403: "reader prosecutor", 422: "manager officer", 404: "*"},
    ),
    "reports:case_list": (PAGE, {200: READS_POLICE, 404: "*"}, {405: "*"}),
    "reports:continue_report": (
        PAGE,
        {405: "*"},
        {302: "manager officer", 403: "prosecutor his_side reader", 404: "*"},
    ),
    "reports:declaration": (PAGE, {200: "manager officer", 403: "reader", 404: "*"}, {405: "*"}),
    "reports:detail": (PAGE, {200: READS_POLICE, 404: "*"}, {405: "*"}),
    "reports:discard": (PAGE, {405: "*"}, {302: DRAFTERS, 404: "*"}),
    "reports:draft": (PAGE, {200: DRAFTERS, 404: "*"}, {302: DRAFTERS, 404: "*"}),
    "reports:download": (PAGE, {200: READS_POLICE, 404: "*"}, {405: "*"}),
    "reports:file": (PAGE, {200: READS_POLICE, 404: "*"}, {405: "*"}),
    "reports:file_page": (PAGE, {200: READS_POLICE, 404: "*"}, {405: "*"}),
    "reports:files": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "reports:new": (PAGE, {200: "zone_b manager officer", 403: "*"}, {422: "zone_b manager officer", 403: "*"}),
    "reports:new_file": (PAGE, {200: WRITERS, 403: "reader", 404: "*"}, {403: "reader", 422: WRITERS, 404: "*"}),
    "reports:remove_file": (
        PAGE,
        {200: "manager officer", 403: "prosecutor his_side reader", 404: "*"},
        {403: "prosecutor his_side reader", 422: "manager officer", 404: "*"},
    ),
    "reports:save": (PAGE, {405: "*"}, {200: DRAFTERS, 404: "*"}),
    "reports:situation": (PAGE, {200: "eva his_side", 404: "*"}, {405: "*"}),
    "reports:situation_discard": (PAGE, {405: "*"}, {302: "eva", 404: "*"}),
    "reports:situation_draft": (PAGE, {200: "eva", 404: "*"}, {302: "eva", 404: "*"}),
    "reports:situation_new": (
        PAGE,
        {200: OUTSIDE_JUSTICE, 403: "his_side *"},
        {302: OUTSIDE_JUSTICE, 403: "his_side *"},
    ),
    "reports:situation_save": (PAGE, {405: "*"}, {200: "eva", 404: "*"}),
    "reports:situations": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "resend": (OPEN, {302: "*"}, {302: "anonymous undecided", 405: "*"}),
    "riskassessment:case_list": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "riskassessment:detail": (PAGE, {200: READS_POLICE, 404: "*"}, {405: "*"}),
    "riskassessment:export": (PAGE, {200: "manager", 403: "*"}, {405: "*"}),
    "riskassessment:export_file": (PAGE, {422: "manager", 403: "*"}, {405: "*"}),
    "riskassessment:printed": (PAGE, {200: READS_POLICE, 404: "*"}, {405: "*"}),
    "riskassessment:save": (PAGE, {405: "*"}, {302: "manager officer", 403: "reader", 404: "*"}),
    "riskassessment:start": (PAGE, {405: "*"}, {422: WRITERS, 403: "reader", 404: "*"}),
    "sharing:authorisation_end": (PAGE, {302: "prosecutor", 404: "*"}, {422: "prosecutor", 404: "*"}),
    "sharing:authorisation_new": (PAGE, {200: "prosecutor", 404: "*"}, {422: "prosecutor", 404: "*"}),
    "sharing:authorisations": (PAGE, {200: "prosecutor", 404: "*"}, {405: "*"}),
    "sharing:case_authorisation_end": (
        PAGE,
        {302: f"prosecutor {ZONE}", 404: "*"},
        {403: "reader", 422: "prosecutor manager officer", 404: "*"},
    ),
    "sharing:case_authorisation_new": (
        PAGE,
        {200: "prosecutor manager officer", 403: "accepted programme eva reader", 404: "*"},
        {403: "accepted programme eva reader", 422: "prosecutor manager officer", 404: "*"},
    ),
    "sharing:case_authorisations": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "sharing:case_access": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "sharing:case_may_i_speak": (PAGE, {200: TAKES_PART, 404: "*"}, {405: "*"}),
    "casework:emergencies": (PAGE, {200: f"dpo {OPENERS}", 404: "former *"}, {405: "*"}),
    "casework:emergency": (PAGE, {404: "*"}, {405: "*"}),
    "casework:emergency_review": (PAGE, {200: "dpo manager", 404: "former *"}, {422: "dpo manager", 404: "former *"}),
    "sharing:consent_sheet": (PAGE, {200: WITH_HER, 404: "*"}, {405: "*"}),
    "sharing:emergency": (PAGE, {200: OPENERS, 404: "*"}, {422: OPENERS, 404: "*"}),
    "sharing:emergency_end": (PAGE, {405: "*"}, {302: "dpo manager", 404: "former *"}),
    "sharing:emergency_open": (PAGE, {405: "*"}, {422: OPENERS, 404: "*"}),
    "sharing:incident": (PAGE, {200: f"dpo eva {ZONE}", 404: "former *"}, {405: "*"}),
    "sharing:incident_step": (PAGE, {405: "*"}, {422: "dpo manager", 403: "eva reader officer", 404: "former *"}),
    "sharing:incidents": (PAGE, {404: "former", 200: "*"}, {405: "*"}),
    "sharing:new_consent": (PAGE, {200: WRITERS, 403: "reader", 404: "*"}, {403: "reader", 422: WRITERS, 404: "*"}),
    "sharing:new_incident": (PAGE, {403: "former", 200: "*"}, {403: "former", 422: "*"}),
    "sharing:new_incident_in_case": (PAGE, {200: TAKES_PART, 404: "*"}, {422: TAKES_PART, 404: "*"}),
    "sharing:publish_lesson": (PAGE, {405: "*"}, {422: "dpo", 403: "former *"}),
    "sharing:said": (PAGE, {200: WRITERS, 403: "reader", 404: "*"}, {403: "reader", 422: WRITERS, 404: "*"}),
    "sharing:link_end": (PAGE, {302: TAKES_PART, 404: "*"}, {404: "*"}),
    "sharing:links": (PAGE, {200: TAKES_PART, 404: "*"}, {422: "prosecutor", 403: TAKES_PART, 404: "*"}),
    "sharing:review_opposing": (PAGE, {404: "*"}, {404: "*"}),
    "sharing:match": (PAGE, {200: f"zone_b {ZONE}", 404: "excluded *"}, {405: "*"}),
    "sharing:match_move": (PAGE, {302: "*"}, {422: "zone_b manager officer", 403: "reader", 404: "excluded *"}),
    "sharing:matches": (PAGE, {200: SERVICES, 404: "*"}, {405: "*"}),
    "sharing:may_i_speak": (OPEN, {200: "*"}, {405: "*"}),
    "sharing:new_decision": (PAGE, {200: WRITERS, 403: "reader", 404: "*"}, {403: "reader", 422: WRITERS, 404: "*"}),
    "sharing:subject_new": (
        PAGE,
        {200: "manager", 403: "accepted prosecutor eva reader officer", 404: "*"},
        {403: "accepted prosecutor eva reader officer", 422: "manager", 404: "*"},
    ),
    "sharing:subject_request": (PAGE, {200: WITH_HER, 404: "*"}, {405: "*"}),
    "sharing:subject_check": (PAGE, {405: "*"}, {403: WITH_HER, 404: "*"}),
    "sharing:subject_answer": (
        PAGE,
        {405: "*"},
        {403: "accepted prosecutor eva reader officer", 422: "manager", 404: "*"},
    ),
    "sharing:subject_refuse": (
        PAGE,
        {405: "*"},
        {403: "accepted prosecutor eva reader officer", 422: "manager", 404: "*"},
    ),
    "sharing:subject_document": (PAGE, {200: "manager", 404: "*"}, {405: "*"}),
    "sharing:revoke": (
        PAGE,
        {302: WITH_HER, 404: "*"},
        {403: "accepted prosecutor eva reader", 422: "manager officer", 404: "*"},
    ),
    "trainings:attendance": (PAGE, {405: "*"}, {302: "platform", 403: "*"}),
    "trainings:calendar": (PAGE, {404: "former", 200: "*"}, {405: "*"}),
    "trainings:cancel": (PAGE, {405: "*"}, {302: "platform", 403: "*"}),
    "trainings:edit": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "trainings:enrol": (PAGE, {405: "*"}, {404: "former", 302: "*"}),
    "trainings:entry": (PAGE, {404: "former", 200: "*"}, {405: "*"}),
    "trainings:leave": (PAGE, {405: "*"}, {404: "former", 302: "*"}),
    "trainings:new": (PAGE, {200: "platform", 403: "*"}, {422: "platform", 403: "*"}),
    "trainings:replay": (PAGE, {405: "*"}, {302: "platform", 403: "*"}),
    "trainings:session": (PAGE, {404: "former", 200: "*"}, {405: "*"}),
}
"""URL → (visitors, GET, POST); each {status: actors}. Forms are sent empty: 422 is "allowed, and nothing typed"."""


@dataclass
class Story:
    """One case with everything the addresses name, and who is who."""

    world: World
    members: dict[str, Membership]
    names: dict[str, object]
    special: dict[str, dict[str, object]] = field(default_factory=dict)

    def path(self, name: str) -> str:
        """The address of `name` with the objects of the story."""
        known = self.names | self.special.get(name, {})
        wanted = PARAMETERS[name]
        return reverse(name, kwargs={key: known[key] for key in wanted})


def addresses(patterns=None, space: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every named URL of the URLconf with its parameters."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern) and entry.name:
            names = getattr(entry.pattern, "converters", None) or entry.pattern.regex.groupindex
            yield f"{space}{entry.name}", tuple(names)


PARAMETERS = dict(addresses())
OF_A_CHILD = ("reports:child_exposure", *(name for name in PARAMETERS if name.startswith("cases:") and "child" in name))


def released_soon(world: World, case: Case) -> dict[str, object]:
    """He is detained, and a release is planned that she is to be told of."""
    detention = custody_acts.lock_up(world.officer, case)
    custody_acts.say(world.officer, case, detention, "transferred", place="Prison fictive du Nord")
    custody_acts.wish(world.eva, case, words="Aussi la nuit.")
    custody_acts.let_out(world.officer, case, kind="planned", at=now() + timedelta(days=2), words="Sous conditions.")
    alert = custody_acts.the_alert(case)
    custody_acts.told_by(world.eva, case, alert, "not_reached", words="Pas de réponse.")
    return {"detention_id": detention.pk, "release_alert_id": alert.pk}


def programme_followed(world: World, case: Case) -> dict[str, object]:
    """He follows a programme under a mandate of the prosecutor; of two alerts one was passed on to the cell."""
    followed = programme_acts.begun_by(world.programme, case, programme_acts.mandate_of(world.prosecutor))
    session = programme_acts.session_on(world.programme, followed, -3)
    programme_acts.planned(world.programme, followed)
    waiting, told = (programme_acts.alerted(world.programme, followed) for _each in range(2))
    return {
        "programme_id": followed.pk,
        "session_id": session.pk,
        "mandate_id": programme_acts.the_mandate(world.programme, followed).pk,
        "alert_id": waiting.pk,
        "answer_id": programme_acts.passed(world.officer, told, world.eva).pk,
    }


def tell(world: World) -> Story:
    """A complaint of zone A, assessed and sent to the prosecutor; the programme takes part; the shelter is asked."""
    apart = restricted_case(world)  # before any draft: an untouched one would be taken for its report
    tell_ended(world.officer, world.police_referent, world.eva_referent)
    report = make_report(world.officer, kind="police_complaint")
    case = report.case
    with acting_as(world.officer):
        access = for_case(case, world.officer)
        grid = {"by": world.officer, "case": case, "access": access, "grid_slug": "police-demonstration"}
        grid["presence"] = "alone"
        signed = assessments.start(**grid, report=report)
        questions = definition_of(signed.grid_version).questions
        answers = {item.id: {"value": "yes", "comment": ""} for item in questions}
        assessments.save_answers(by=world.officer, assessment_id=signed.pk, answers=answers, version=0)
        sign_assessment(by=world.officer, assessment_id=signed.pk)
        reasons = "Il est hospitalisé pour un mois et elle est à l'abri."
        conclude_level(by=world.officer, assessment_id=signed.pk, level="high", justification=reasons)
        verified = assessments.start(**grid)
        sign_assessment(by=world.officer, assessment_id=verified.pk, answers=answers, version=0)
        conclude_level(by=world.officer, assessment_id=verified.pk, level="critical", justification=reasons)
        unsigned = assessments.start(**grid, report=report)
        draft = start_draft(by=world.officer, kind="police_dispute_report")
        for kind in ("release", "separation"):
            note_turning_point(
                by=world.officer, case=case, access=access, kind=kind, happened_on=local(now()).date(),
                words="Dit par sa sœur.", key=uuid4(),
            )  # fmt: skip
        file = add_file(
            by=world.officer, case=case, access=access, sent=Received("a.png", image()), category="facts", side="case"
        )
        note = write_note(by=world.officer, case=case, access=access, category="facts", side="case", facts="Vu.")
        entry = CaseEvent.objects.get(case=case, code="note_written")
        victim = CasePerson.objects.get(case=case, role="victim")
        point = ContactPoint.objects.get(case=case)
        child = CasePerson.objects.get(case=case, role="child")
        of_child = {"by": world.officer, "case": case, "access": access, "child": child}
        child_contact = children.write_contact(
            kind="school", name="École du Parc", contact="la direction", instructions="ne rien dire au père", **of_child
        )
        children.arrange(
            lives_with="victim", source="judgment", schedule="le mercredi", handover="à l'école", may_fetch="sa tante",
            must_not_fetch="son père", **of_child,
        )  # fmt: skip
        of_family = {"by": world.officer, "case": case, "access": access}
        proceeding = proceedings.open_proceeding(
            key=uuid4(), kind="family", court="Tribunal de la famille", reference="26/12/A", subject="Noé", **of_family
        )
        proceedings.add_step(by=world.officer, access=access, proceeding=proceeding, key=uuid4(), text="Renvoyé.")
        proceeding_reader = proceedings.add_reader(
            proceeding=proceeding, agency_id=world.eva.agency_id, reason="Elle l'accompagne.", **of_family
        )
        add_exposure(by=world.officer, case=case, source=report, child=child, exposure="saw", impact="Il a crié.")
        same = same_person.decide(by=world.officer, first_id=victim.pk, second_id=child.pk, verdict="different")
        decision = SharingDecision.objects.get(case=case, way_in=WayIn.J2_CONTACT)
        consent = Consent.objects.get(case=case)
        follow_up = FollowUp.objects.get(case=case, kind="j2_contact")
        tracking = Tracking.objects.get(case=case)
    write_needs(world.officer, case)
    write_background(world.officer, case)
    danger = flag_danger(world.officer, case)
    planned = plan_one(world.officer, case)
    tell_plan(world.officer, world.eva, case)
    safety_plan = write_plan(world.officer, case)
    measure = whole_measure(world.officer, case)
    with acting_as(world.prosecutor):
        shared = {"by": world.prosecutor, "tracking_id": tracking.pk}
        seized = {"step": "seizure", "whom": "perpetrator", "on": None, "until": None, "text": "Son téléphone."}
        line_to_prosecutor.order(**shared, **seized, request_key=uuid4())
        line_to_prosecutor.hearing(**shared, whom="victim", on=None, text="Les menaces.", request_key=uuid4())
        reasons = "Les faits sont graves."
        line_to_prosecutor.decide(**shared, outcome="inquiry", reasons=reasons, shown=None)
    lived = {f"known-{child.pk}-exposure": "heard", f"known-{child.pk}-impact": "Elle ne dort plus."}
    situation = make_situation(world.eva, case, signs_seen="Elle sursaute.", children_impact="Ils se taisent.", **lived)
    situation_draft = begin_situation(world.eva)
    train(world.police_referent, world.police_manager)
    with acting_as(world.police_referent):
        again = "À reposer : la question sur les armes."
        review_assessment(by=world.police_referent, assessment_id=verified.pk, verdict="returned", remarks=again)
        verify_classification(
            by=world.police_referent, case_id=case.pk, report_id=report.pk, vif=True, vc=True, remarks="Bien vu."
        )
    accept(world.programme, send(world.officer, case, world.programme, role="presumed_perpetrator", need="other"))
    referral = send(world.officer, case, world.shelter)
    appointment = make_appointment(world.officer, case)
    asked, incident = ask_and_report(world.eva, case, of=world.officer)
    emergency = opened_in_an_emergency()
    rectification = rectified(world.officer, report)
    waiting, answered = subject_requests(world, case)
    consultation = coordination_acts.consult(world.eva)
    coordination_request = coordination_acts.ask_from_case(
        world.eva, case, coordination_acts.make_scheme(world, world.eva)
    )
    with acting_as(world.shelter):
        notice = Notice.objects.get(recipient=world.shelter.user)
    make_report(world.other_officer)
    with acting_as(world.officer):
        match = MatchNotice.objects.get(held_case=case, holder=world.officer.agency)
    with acting_as(world.agency_admin):
        invitation, secret = invite(
            by=world.agency_admin,
            agency_id=world.agency_admin.agency_id,
            email="nora@example.org",
            given_name="Nora",
            family_name="Petit",
            role="reader",
        )
    dpo = make_member(world.platform_admin.agency, "data_protection_officer")
    authorisation, standing = authorise(world.officer, case), authorise(world.prosecutor, None)
    with acting_as(world.platform_admin):
        partnership = Partnership.objects.create(name="P", kind="platform", act="x", purpose="x", modalities="x")
        partner = PartnershipMember.objects.create(partnership=partnership, agency=world.shelter.agency)
        agreed = {"title": "P", "purpose": "x", "legal_basis": "x", "channel": "x", "categories": ["identity"]}
        parties = [world.officer.agency_id, world.eva.agency_id]
        protocol = protocols.record(
            by=world.platform_admin,
            protocol_id=uuid4(),
            values=agreed | {"starts_on": local(now()).date()},
            parties=parties,
        )
        reference = reference_persons.name_person(
            by=world.platform_admin,
            agency_id=world.shelter.agency_id,
            values={"theme": "children", "user": world.shelter.user_id},
        )
        offer = ServiceOffer.objects.create(agency=world.shelter.agency, name="Accueil", needs=["legal"])
    with acting_as(world.police_manager):
        handover = LoadHandover.objects.create(
            agency=world.officer.agency, leaving=world.reader.user, successor=world.officer.user, note="x",
            handed_by=world.police_manager.user,
        )  # fmt: skip
    with acting_as(world.eva):
        poster = posters.hang(by=world.eva, poster_id=uuid4(), place="Urgences")
    call_key = uuid4()
    ask_for_call(poster=poster, key=call_key, number="0470 12 34 56", hours="le matin", language="fr")
    undecided = make_member(world.officer.agency)
    with acting_as(world.platform_admin):
        add_member(user=undecided.user, agency=world.stranger.agency, role="reader")
    eva_hat, other_hat = two_hats(world, world.eva, world.stranger)
    members = {
        "undecided": undecided,
        "stranger": world.stranger,
        "zone_b": world.other_officer,
        "platform": world.platform_admin,
        "dpo": dpo,
        "admin": world.agency_admin,
        "shelter": world.shelter,
        "accepted": world.shelter,
        "programme": world.programme,
        "prosecutor": world.prosecutor,
        "eva": world.eva,
        "reader": world.reader,
        "manager": world.police_manager,
        "officer": world.officer,
        "former": former_member(world),
        "expired": just_expired(world, case),
        "excluded": excluded_colleague(world, case),
        "his_side": all_of_his_side(world, case),
        "eva_hat": eva_hat,
        "other_hat": other_hat,
    }
    names = {
        "case_id": case.pk,
        "report_id": report.pk,
        "entry_id": entry.pk,
        "note_id": note.pk,
        "appointment_id": appointment.pk,
        "draft_id": draft.pk,
        "situation_id": situation.pk,
        "file_id": file.pk,
        "number": 1,
        "assessment_id": signed.pk,
        "case_person_id": victim.pk,
        "proceeding_id": proceeding.pk,
        "reader_id": proceeding_reader.pk,
        "point_id": point.pk,
        "decision_id": decision.pk,
        "consent_id": consent.pk,
        "follow_up_id": follow_up.pk,
        "tracking_id": tracking.pk,
        "action_id": planned.pk,
        "danger_id": danger.pk,
        "plan_id": safety_plan.pk,
        "measure_id": measure.pk,
        "which": "request",
        "emergency_id": emergency.pk,
        "referral_id": referral.pk,
        "notice_id": notice.pk,
        "match_id": match.pk,
        "request_id": asked.pk,
        "rectification_id": rectification.pk,
        "consultation_id": consultation.pk,
        "coordination_request_id": coordination_request.pk,
        "object_id": report.pk,
        "subject_request_id": waiting.pk,
        "way_in": "referral",
        "kind": "others",
        "incident_id": incident.pk,
        "link_id": uuid4(),
        "grid_id": signed.grid_version.grid_id,
        "agency_id": world.shelter.agency_id,
        "member_id": world.shelter.pk,
        "record_id": world.police_referent.user.trainings.get().pk,
        "invitation_id": invitation.pk,
        "authorisation_id": authorisation.pk,
        "partnership_id": partnership.pk,
        "partner_id": partner.pk,
        "protocol_id": protocol.pk,
        "reference_id": reference.pk,
        "offer_id": offer.pk,
        "handover_id": handover.pk,
        "version_id": signed.grid_version_id,
        "reading_id": unusual_reading_of(world.officer).pk,
        "token": secret,
        "language": "fr",
        "version": 1,
        "guide_key": "call",
        "handout_key": "card",
        "poster_id": poster.pk,
        "code": poster.code,
        "rule_code": "housing",
        "uidb36": "zz",
        "key": "set-password",
    }
    unsigned_ones = ("casework:sign_assessment", "riskassessment:save", "api:case_assessment_sign")
    special = {name: {"assessment_id": unsigned.pk} for name in unsigned_ones}
    with acting_as(world.eva):
        check = plan_withdrawal_check(
            by=world.eva, case=case, about=victim, agency=world.eva.agency, person=None, source_id=consent.pk
        )
    for name in ("callback", "callback_take", "callback_number", "callback_handle"):
        special[f"followups:{name}"] = {"request_id": call_key}
    special["followups:answer"] = {"follow_up_id": check.pk}
    with acting_as(world.platform_admin):
        default = save_draft(
            by=world.platform_admin, way_in="referral", kind="", grants=["identity:subject"], contributes=True,
            valid_days=None, reason="Décision du comité",
        )  # fmt: skip
    special |= {f"administration:default_{act}": {"draft_id": default.pk} for act in ("draft", "publish", "discard")}
    special |= grid_being_written(world.agency_admin)
    with acting_as(world.platform_admin):
        unit = units.create(by=world.platform_admin, agency_id=world.eva.agency_id, values={"name": "Quartier Nord"})
    of_cell = {"agency_id": world.eva.agency_id, "unit_id": unit.pk}
    special |= {f"administration:{name}": of_cell for name in ("units", "unit_new", "unit_edit", "unit_end")}
    special |= {name: {"case_person_id": child.pk, "contact_id": child_contact.pk} for name in OF_A_CHILD}
    of_situation = ("casework:record_situation", *(f"reports:situation_{act}" for act in ("draft", "save", "discard")))
    special |= {name: {"draft_id": situation_draft.pk} for name in of_situation}
    special["casework:rectify"] = {"kind": "report"}
    with acting_as(world.officer):
        begun = referral_drafts.save(
            by=world.officer, case_id=case.pk, draft_id=uuid4(), data={"need": "legal"}, version=0
        )
    special |= {f"referrals:{name}": {"draft_id": begun.pk} for name in ("discard_draft", "preview")}
    with acting_as(world.officer):
        dispute = start_draft(by=world.officer, kind="police_dispute_report", joins_case=case)
        dispute = record_report(by=world.officer, draft_id=dispute.pk, data=report_data(j2_accepted="no"))
    special["reports:continue_report"] = {"report_id": dispute.pk}
    special["casework:end_same_person"] = {"decision_id": same.pk}
    special["api:grid"] = {"slug": "police-demonstration"}
    special["sharing:subject_document"] = {"subject_request_id": answered.pk}
    special["casework:let_in"] = {"user_id": members["excluded"].user_id}
    special["casework:naming"] = {"case_id": apart.pk}
    special["sharing:authorisation_end"] = {"authorisation_id": standing.pk}
    special |= asked_by_letter(world, case)
    names |= released_soon(world, case)
    names |= interpreter_asked(world, case)
    of_programme = programme_followed(world, case)
    special |= {"casework:mark_session": {"session_id": of_programme.pop("session_id")}}
    names |= of_programme
    number = HelpNumber.objects.get(code="sos-viol", ended_at=None)
    special |= {f"administration:help_number_{act}": {"number_id": number.pk} for act in ("edit", "end", "verified")}
    special["administration:import_table"] = {"kind": "places"}
    ahead, begun = training_sessions(world.platform_admin)
    special |= {f"trainings:{act}": {"session_id": ahead.pk} for act in ("session", "edit", "cancel", "enrol", "leave")}
    special |= {f"trainings:{act}": {"session_id": begun.pk} for act in ("attendance", "replay", "entry")}
    lead = lead_offered(world, case)
    special |= {f"casework:{act}_lead": {"offer_id": lead.pk} for act in ("accept", "decline", "withdraw")}
    return Story(world, members, names, special)


def lead_offered(world: World, case: Case) -> LeadOffer:
    """The zone asks the cell that calls to lead the case."""
    with acting_as(world.police_manager):
        return offer_lead(
            by=world.police_manager, case_id=case.pk, agency_id=world.eva.agency_id, why="closer",
            words="La cellule la suit de près.", request_key=uuid4(),
        )  # fmt: skip


def interpreter_asked(world: World, case: Case) -> dict[str, object]:
    """A request for an interpreter of the zone, and somebody on the list of the service it is sent to."""
    service = make_member(make_agency("interpreter_service"), "manager")
    with acting_as(service):
        values = {"name": "A. Interprète", "languages": ["ar"], "channels": ["phone"]}
        person = interpreters.add(by=service, values=values, key=uuid4())
    with acting_as(world.officer):
        asked = interpreting.Asked(
            subject_id=CasePerson.objects.get(case=case, role="victim").pk, to_agency_id=service.agency_id,
            language="ar", channel="phone", at=now() + timedelta(days=1), minutes=60,
        )  # fmt: skip
        access = for_case(case, world.officer)
        request = interpreting.ask(by=world.officer, case=case, access=access, asked=asked, request_key=uuid4())
    return {"interpreting_id": request.pk, "interpreter_id": person.pk}


def asked_by_letter(world: World, case: Case) -> dict[str, dict[str, object]]:
    """A referral to a service without an account, with its letter, under each address of theirs."""
    outside = make_member(make_agency("mental_health", without_account=True))
    referral = send(world.officer, case, outside, need="mental_health")
    with acting_as(world.officer):
        told = letters.make_letter(by=world.officer, referral_id=referral.pk, key=uuid4())
    names = ("referrals:letter", "referrals:letter_pdf", "casework:letter_told", "casework:letter_result")
    return {"casework:answer_letter": {"link": told.link}} | {name: {"referral_id": referral.pk} for name in names}


def grid_being_written(by: Membership) -> dict[str, dict[str, object]]:
    """The draft of a grid of one's own service, under each address of its pages."""
    shipped = next(version for version in latest_versions() if version.grid.slug == "police-demonstration")
    document = json.dumps(shipped.definition | {"slug": "our-own", "agency_kinds": []})
    with acting_as(by):
        draft = editing.import_definition(by=by, document=document, for_agency=by.agency)
    item = draft.definition["items"][0]["id"]
    of_draft = [
        name for name, keys in PARAMETERS.items() if name.startswith("administration:grid_") and "draft_id" in keys
    ]
    return {name: {"draft_id": draft.pk, "item_id": item} for name in of_draft}


def training_sessions(by: Membership) -> tuple[TrainingSession, TrainingSession]:
    """A session to come and one that has begun, of the platform administrator."""
    with acting_as(by):
        return tuple(
            TrainingSession.objects.create(
                title="Webinaire", starts_at=now() + timedelta(days=days), place="Salle B", agency=by.agency,
                created_by=by.user,
            )
            for days in (5, -1)
        )  # fmt: skip


def unusual_reading_of(member: Membership) -> UnusualReading:
    """A night of many cases, as the search for unusual readings writes it down."""
    at, seen = now(), {"cases.summary": 4}
    found = Found(Rule.NIGHT, member.user_id, member.agency_id, local(at).date(), 4, at, at, seen)
    with system_context(SystemContext.UNUSUAL):
        return keep([found])[0]


def authorise(by: Membership, case: Case | None) -> ProsecutorAuthorisation:
    """A prosecutor's authorisation for hospitals, as `by` writes it down."""
    with acting_as(by):
        return authorisations.authorise(
            by=by,
            case=case,
            access=for_case(case, by) if case else None,
            prosecutor_id=authorisations.prosecutors()[0].pk,
            magistrate="A. Collin",
            reference="A/1",
            recipient_id=None,
            recipient_kinds=["hospital"],
            categories=["facts"],
            given_on=local(now()).date(),
            valid_until=None,
        )


def ask_and_report(by: Membership, case: Case, *, of: Membership) -> tuple[InformationRequest, SafetyIncident]:
    """An information request to the agency of `of`, and a safety incident, both of `by` in the case."""
    wanted = Asked(of.agency_id, ("children:victim",), "Préparer l'accueil.", now() + timedelta(days=2))
    with acting_as(by):
        asked = ask_for_information(by=by, case_id=case.pk, asked=wanted, request_key=uuid4())
        incident = report_incident(
            by=by,
            case=case,
            access=for_case(case, by),
            kind="unsafe_number",
            discovered_at=now(),
            account="L'ancien numéro a été composé.",
            measures=["warned"],
            measures_note="",
            key=uuid4(),
        )
    return asked, incident


def rectified(by: Membership, report: Report) -> Rectification:
    """A wrong fact of the report, corrected by who wrote it; the prosecutor had received it."""
    with acting_as(by):
        access = for_case(report.case, by)
        wrong_record = found_record(report.case, access, "report", report.pk).wrong_record
        given = {"wrong": "La voiture est grise.", "right": "La voiture est noire.", "key": uuid4()}
        return rectify(by=by, case=report.case, access=access, wrong_record=wrong_record, **given)


def subject_requests(world: World, case: Case) -> tuple[SubjectRequest, SubjectRequest]:
    """Her request that waits and one that is answered, of the zone's manager; one of his, checked by another senior."""
    manager = world.police_manager
    mandate = {"asked_by": "lawyer", "asker_name": "Me Dupont", "verified": "mandate", "verified_note": "Vu le mandat."}
    answered = subject_acts.ask(manager, case)
    subject_acts.answer(manager, answered)
    subject_acts.conclude(world.police_referent, subject_acts.ask(manager, case, "presumed_perpetrator", **mandate))
    return subject_acts.ask(manager, case, **mandate), answered


def opened_in_an_emergency() -> BreakGlass:
    """The case is open, now, to a hospital that takes no part in it and is none of the actors."""
    nurse = make_member(make_agency("hospital"))
    with acting_as(nurse):
        (hit,) = emergency_search.search(
            by=nurse,
            reason="Elle est aux urgences et il la cherche dans les couloirs.",
            wanted=emergency_search.Wanted(family_name="Diallo-Test", given_name="Fatou"),
        ).hits
        return open_emergency(by=nurse, token=hit.token)


def answers_of(story: Story, actor: str) -> dict[str, dict[str, int]]:
    """What this actor is answered at every address; each request is undone before the next."""
    if actor == "accepted":
        from referrals.models import Referral

        with acting_as(story.world.shelter):
            accept(story.world.shelter, Referral.objects.get(pk=story.names["referral_id"]))
    first = browser_of(story, actor)
    found: dict[str, dict[str, int]] = {}
    for name in sorted(PARAMETERS):
        for method in ("GET", "POST"):
            found.setdefault(name, {})[method] = answer(first, method, story.path(name))
    return found


def browser_of(story: Story, actor: str) -> Client:
    """Logged in as this actor, the hat chosen unless the actor is one who has not."""
    client = Client(raise_request_exception=False)
    if actor == "undecided":
        client.force_login(story.members[actor].user)
    elif actor != "anonymous":
        client = as_(story.members[actor])
    return client


def answer(first: Client, method: str, path: str) -> int:
    """The status of one request, undone."""
    client = Client(raise_request_exception=False)
    client.cookies = first.cookies.copy()
    with transaction.atomic():
        response = client.generic(method, path)
        transaction.set_rollback(True)
    return response.status_code


def expected(name: str, method: str, actor: str) -> int | None:
    """What the table says of an actor, or of the one it is answered like; None where it says nothing."""
    named = any(actor in who.split() for row in TABLE[name][1:] for who in row.values())
    if actor in LIKE and not named:
        return expected(name, method, LIKE[actor])
    kind, *rows = TABLE[name]
    base = kind.get(method, {})
    if actor in base:
        return base[actor]
    row = rows[("GET", "POST").index(method)]
    rest = None
    for status, who in row.items():
        if actor in who.split():
            return status
        if "*" in who.split():
            rest = status
    return rest


@pytest.mark.django_db
@pytest.mark.parametrize("actor", rest_long(ACTORS, quick=QUICK))
def test_everybody_gets_the_answer_of_the_table(whole_story, actor):
    found = answers_of(whole_story, actor)
    wrong = {
        f"{method} {name}": f"{status}, not {expected(name, method, actor)}"
        for name, by_method in found.items()
        for method, status in by_method.items()
        if name in TABLE and status != expected(name, method, actor)
    }
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())


def test_the_table_is_complete():
    assert set(TABLE) == set(PARAMETERS), "every named URL has its row, and no row outlives its URL"
    assert set(LIKE) | set(LIKE.values()) <= set(ACTORS) and not set(LIKE) & set(LIKE.values())
    for name in TABLE:
        for method in ("GET", "POST"):
            missing = [actor for actor in ACTORS if expected(name, method, actor) is None]
            assert not missing, (name, method, missing)
        said = {actor for row in TABLE[name][1:] for who in row.values() for actor in who.split()} - {"*"}
        assert said <= set(ACTORS), name


@pytest.mark.django_db
@pytest.mark.parametrize("actor", rest_long(ACTORS, quick=("anonymous", "officer", "his_side", "stranger")))
def test_an_act_that_does_not_exist_is_refused_to_all(whole_story, actor):
    """A method nobody wrote, an address nobody gave, a permission nobody defined."""
    story = whole_story
    browser = browser_of(story, actor)
    for name, address in ((name, story.path(name)) for name in sorted(PARAMETERS)):
        status = answer(browser, "INVENT", address)
        # visitors are turned away, and the API asks who it is, before the method counts
        turned_away = {TABLE[name][0].get(method, {}).get(actor) for method in ("GET", "POST")}
        if address.startswith("/api/"):
            turned_away |= {expected(name, "POST", actor)} & {401, 403}
        elif actor in ("anonymous", "undecided"):
            turned_away |= {302, 401}
        if name.startswith("account_"):  # allauth looks at who is there before it looks at the method
            turned_away.add(expected(name, "GET", actor))
        assert status in {404, 405} | turned_away, (name, status)
    invented = {f"{folder}invented/by/nobody/" for name in PARAMETERS for folder in folders(story.path(name))}
    assert len(invented) > 15
    for address in sorted(address for address in invented if not known(address)):
        assert answer(browser, "GET", address) == answer(browser, "POST", address) == 404, address
    if actor not in ("anonymous", "undecided"):
        with acting_as(story.members[actor]):
            user, case = story.members[actor].user, Case(pk=story.names["case_id"])
            for codename in ("invented", "delete_case", "view_summary_case", "view_contact", "*", ""):
                assert not user.has_perm(f"cases.{codename}", case), codename
                assert not for_case(case, story.members[actor]).has(codename), codename


def folders(path: str) -> list[str]:
    """The first folders of an address: "/a/b/c/" → "/", "/a/", "/a/b/"."""
    first, second, *_deeper = [*path.strip("/").split("/"), ""]
    return ["/", f"/{first}/", f"/{first}/{second}/"] if second else ["/", f"/{first}/"]


def known(path: str) -> bool:
    """Whether an address leads to a view: some take any word."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


@pytest.mark.django_db
def test_no_other_method_is_answered(whole_story):
    story = whole_story
    browser = browser_of(story, "officer")
    for name in PARAMETERS:
        for method in OTHER_METHODS:
            status = answer(browser, method.upper(), story.path(name))
            if name in PUTS and method == "put":
                assert status == 400, (name, status)
                continue
            # allauth's own forms take PUT as POST
            assert status == 405 or name.startswith("account_"), (name, method, status)
            assert status < 500, (name, method)


# --- what a model-level permission, a superuser, or a bare user never opens ------------------------------------------
@pytest.mark.django_db
def test_no_group_holds_a_model_level_permission(world):
    make_report(world.officer)
    assert Group.objects.exists() and not Group.objects.filter(permissions__isnull=False).exists()
    assert not world.officer.user.user_permissions.exists()


@pytest.mark.django_db
def test_a_model_level_permission_opens_no_object(world, owner):
    report = make_report(world.officer)
    permission = Permission.objects.get(content_type__app_label="cases", codename=VIEW_CASE)
    world.stranger.agency.group.permissions.add(permission)
    world.stranger.user.user_permissions.add(permission)
    with acting_as(world.stranger):
        user = type(world.stranger.user).objects.get(pk=world.stranger.user_id)
        assert not user.has_perm("cases.view_case", report.case)
        assert not Case.objects.visible_to(world.stranger).exists()
    client = Client()
    client.force_login(world.stranger.user)
    assert client.get(reverse("cases:summary", args=[report.case_id])).status_code == 404


@pytest.mark.django_db
def test_a_superuser_opens_nothing_more(world):
    report = make_report(world.officer)
    for member in (world.stranger, world.platform_admin):
        type(member.user).objects.filter(pk=member.user_id).update(is_superuser=True, is_staff=True)
        member.user.refresh_from_db()
        with acting_as(member):
            assert not any(member.user.has_perm(f"cases.{name}", report.case) for name in CODENAMES)
            assert not Case.objects.exists()
            with pytest.raises(Http404):
                get_case(report.case_id, member)
        client = Client()
        client.force_login(member.user)
        assert client.get(reverse("cases:summary", args=[report.case_id])).status_code == 404


@pytest.mark.django_db
def test_has_perm_answers_for_the_acting_agency_alone(world):
    report = make_report(world.officer)
    with acting_as(world.platform_admin):
        hat = add_member(user=world.officer.user, agency=world.stranger.agency, role="practitioner")
    user = world.officer.user
    with acting_as(world.officer):
        assert user.has_perm("cases.view_case", report.case) and user.has_perm("cases.view_facts_case", report.case)
        assert not user.has_perm("cases.view_health_victim", report.case)
        assert not user.has_perm("cases.invented", report.case) and not user.has_perm("reports.view_case", report.case)
        assert not world.eva.user.has_perm("cases.view_case", report.case), "nobody is asked about somebody else"
        assert not user.has_perm("cases.view_case", report)
    with acting_as(Membership.objects.select_related("agency", "user").get(pk=hat.pk)):
        assert not user.has_perm("cases.view_case", report.case), "the other hat takes no part"
    with acting_as(world.eva):
        assert world.eva.user.has_perm("cases.view_contact_victim", report.case)
        assert not world.eva.user.has_perm("cases.view_facts_case", report.case)
    assert not user.has_perm("cases.view_case", report.case), "outside any acting context nothing is open"


def test_the_default_of_the_api_is_closed():
    from common.api import DenyAll

    assert settings.REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] == ["common.api.DenyAll"]
    assert DenyAll().has_permission(None, None) is False
