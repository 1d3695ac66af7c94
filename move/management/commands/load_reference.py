from django.core.management.base import BaseCommand

from agencies.handouts import load_handouts
from agencies.help_numbers import load_help_numbers
from agencies.places import load_places
from agencies.training import load_courses
from cases.guides import load_guides
from common.acting import SystemContext, system_context
from followups.planning import load_policies
from referrals.pathway_rules import load_pathways
from reports.hints import load_hints
from riskassessment.repeat_rules import load_rules
from riskassessment.versions import publish_reference_grids
from sharing.services import load_defaults


class Command(BaseCommand):
    help = "Publish the reference data shipped with the product; what is already published stays."

    def handle(self, *args, **options) -> None:
        with system_context(SystemContext.REFERENCE):
            added = load_courses() + load_defaults() + load_policies() + load_rules() + publish_reference_grids()
            added += load_guides() + load_hints() + load_pathways() + load_help_numbers() + load_places()
            added += load_handouts()
        self.stdout.write(f"Reference data: {added} added.")
