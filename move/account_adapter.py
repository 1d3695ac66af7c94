from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from .resume import after_login


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are opened by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return after_login(request) or super().get_login_redirect_url(request)
