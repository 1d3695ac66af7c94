from django.core.management.base import BaseCommand

from agencies.training import load_courses
from common.acting import SystemContext, system_context
from followups.services import load_policies
from riskassessment.repeat_rules import load_rules
from riskassessment.versions import publish_reference_grids
from sharing.services import load_defaults


class Command(BaseCommand):
    help = "Publish the reference data shipped with the product; what is already published stays."

    def handle(self, *args, **options) -> None:
        with system_context(SystemContext.REFERENCE):
            added = load_courses() + load_defaults() + load_policies() + load_rules() + publish_reference_grids()
        self.stdout.write(f"Reference data: {added} added.")
