from django.apps import AppConfig
from django.db.backends.signals import connection_created


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        from .roles import refuse_powerful_role

        connection_created.connect(refuse_powerful_role, dispatch_uid="refuse_powerful_role")
