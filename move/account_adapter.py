from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import get_language

from notifications.models import OutgoingMail

from .resume import after_login

MAILS = {"account/email/password_reset_key": ("password_reset", "password_reset_url")}


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are opened by invitation only; mail leaves through the outbox, after the commit."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return after_login(request) or super().get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address the request log and the audit trail know: proxies are believed only when they are ours."""
        return request.remote_address or "0.0.0.0"  # noqa: S104 - behind a socket: one common counter

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put one of MAILS in the outbox. Raises KeyError for a mail this product does not send."""
        template, link = MAILS[template_prefix]
        OutgoingMail.objects.create(
            to=email,
            language=(get_language() or "fr")[:5],
            template=template,
            context={"path": urlsplit(context[link]).path},
        )
