from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from audit.tracking import track

        from . import models
        from .models import Case, CaseExclusion, CasePerson, ContactPoint, Note, Person, RestrictionAct

        track(Case, shown=["reference", "stage", "restricted", "opened_at", "closed_at"])
        track(CaseExclusion, shown=["created_at"], masked=["user"])
        track(RestrictionAct, shown=["code", "at"], masked=["user", "user_agency"])
        track(Person)
        track(CasePerson, shown=["created_at"])
        track(ContactPoint, shown=["recorded_at", "ended_at"])
        track(Note, shown=["written_at"])
        track(models.Appointment, shown=["made_at"])
        track(models.AppointmentEnd, shown=["ended_at"])
        track(models.ChildContact, shown=["recorded_at", "ended_at"])
        track(models.ChildArrangement, shown=["recorded_at"])
        # which services read a proceeding is nobody else's business
        track(models.Proceeding, shown=["opened_at"])
        track(models.ProceedingReader, shown=["added_at", "ended_at"], masked=["reader"])
        track(models.ProceedingStep, shown=["at"])
        # it stands on the trail of no case: whoever is kept out of one of them may read it as a colleague
        both = ["first", "second", "first_case", "second_case"]
        track(models.SamePerson, shown=["verdict", "decided_at"], masked=both)
        track(models.SamePersonEnd, shown=["ended_at"])
