from asgiref.sync import sync_to_async
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin, _user_has_perm
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from common.clock import now
from common.models import UUIDModel


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **extra: object) -> "User":
        """A person who may log in; without a password the account has none until an invitation sets it."""
        user = self.model(email=email.strip().lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(UUIDModel, AbstractBaseUser, PermissionsMixin):
    """A person. Never deleted, only deactivated: the audit trail names them for ever."""

    email = models.EmailField(_("e-mail address"), unique=True)
    given_name = models.CharField(_("given name"), max_length=100)
    family_name = models.CharField(_("family name"), max_length=100)
    language = models.CharField(_("language"), max_length=5, default="fr")
    drafting_help = models.BooleanField(_("wording proposed while writing"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("technician"), default=False)
    date_joined = models.DateTimeField(default=now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_lower")]

    def __str__(self) -> str:
        return f"user {self.pk}"

    @property
    def full_name(self) -> str:
        """The name colleagues know this person by."""
        return f"{self.given_name} {self.family_name}".strip()

    def get_full_name(self) -> str:
        return self.full_name

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """As Django's, except that being a superuser opens no object: objects answer through `cases.access`."""
        if obj is None:
            return super().has_perm(perm)
        return self.is_active and _user_has_perm(self, perm, obj)

    async def ahas_perm(self, perm: str, obj: object | None = None) -> bool:
        """The same answer, asked from asynchronous code."""
        return await sync_to_async(self.has_perm)(perm, obj)
