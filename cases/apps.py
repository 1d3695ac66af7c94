from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        from audit.tracking import track

        from .models import Case, CaseExclusion, CasePerson, ContactPoint, Note, Person

        track(Case)
        track(CaseExclusion, masked=["reason"])
        track(Person, masked=["given_name", "family_name", "sort_name", "birth_date", "languages"])
        track(CasePerson, masked=["relationship"])
        track(ContactPoint, masked=["value", "hours", "say", "must_not_answer"])
        track(Note, masked=["facts", "statements", "appreciation"])
