from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Case, CaseExclusion, CasePerson, ContactPoint, Note, Person, RestrictionAct

        track(Case, shown=["reference", "stage", "restricted", "opened_at", "closed_at"])
        track(CaseExclusion, shown=["created_at"], masked=["user"])
        track(RestrictionAct, shown=["code", "at"], masked=["user", "user_agency"])
        track(Person)
        track(CasePerson, shown=["created_at"])
        track(ContactPoint, shown=["recorded_at", "ended_at"])
        track(Note, shown=["written_at"])
