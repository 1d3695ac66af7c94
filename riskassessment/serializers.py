"""Signed assessments as the API answers them: answers to who reads the grid, levels to who receives the level."""

from typing import Any

from rest_framework import serializers

from cases.access import CaseAccess
from cases.enums import Level
from cases.serializers import AgencyBriefSerializer, agency
from reports.models import Report

from . import perms, services
from .definition import ANSWERS
from .models import Assessment
