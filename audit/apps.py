from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        from auditlog.signals import pre_log
        from django.contrib.auth import get_user_model

        from . import signals
        from .tracking import track

        # accounts stands below audit and cannot ask for it itself
        track(
            get_user_model(),
            shown=["language", "is_active", "is_staff", "is_superuser"],
            left_out=["password", "last_login"],
        )
        pre_log.connect(signals.not_at_birth, sender=get_user_model(), dispatch_uid="audit.not_at_birth")
