"""How allauth signs staff in: no sign-up, sealed seeds, and the vault opens with the passphrase."""

from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from panoh.access import actions as access
from panoh.access.models import User
from panoh.access.queries import acting
from panoh.access.rules import VAULT, is_common, is_guessed_first
from panoh.audit import actions as audit
from panoh.policy import queries as policy
from panoh.vault import actions as vault
from panoh.vault import queries as keys


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts come by invitation; the passphrase always takes part."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures for a name together with an address.

        Counted for the name alone, five wrong guesses would lock a colleague out.
        """
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{self.get_client_ip(request)}"

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Check the passphrase and open the account's vault with it for this session.

        The second factor comes after: until then the session is nobody's, and the
        middleware opens a vault for signed-in accounts only.
        """
        user = super().authenticate(request, **credentials)
        passphrase = credentials.get("password")
        if isinstance(user, User) and passphrase:
            with transaction.atomic(), acting(user):
                opened = keys.unlock(user.pk, passphrase)
                if opened is not None:
                    with keys.opened(opened):
                        access.share_search_key(by=user, at=timezone.now())
            if opened is not None:
                sealed, secret = keys.seal_for_session(opened)
                request.session[VAULT] = sealed
                request.panoh_vault_secret = secret  # type: ignore[attr-defined]
        return user if isinstance(user, User) else None

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record the attempt: on which account, never what was typed."""
        name = str(credentials.get("username", ""))
        user = User.objects.filter(username__iexact=name).first()
        audit.record(
            "account.sign_in_failed",
            by=None,
            at=timezone.now(),
            subject=user,
            unit_id=user.unit_id if user else None,
        )

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Begin a session, and record it.

        Where the second factor is not set up yet that comes next, within minutes: the passphrase
        that was just typed is enough for it.
        """
        super().login(request, user)
        if not Authenticator.objects.filter(user_id=user.pk).exists():
            reauthenticate_by_password(request)
        self._record("account.signed_in", user)

    def logout(self, request: HttpRequest) -> None:
        """End a session, and record it."""
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            self._record("account.signed_out", user)

    def _record(self, event: str, user: AbstractBaseUser) -> None:
        with transaction.atomic(), acting(cast(User, user)):
            audit.record(event, by=user, at=timezone.now(), subject=user)


class NotOurWords:
    """A passphrase is more than the name of the programme, of this installation, of the account,
    and the words of the pack that everybody would try first (ASVS v5.0.0-6.2.11)."""

    PRODUCT = ("panoh", "паноҳ", "панох", "panah", "demo")

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ``ValidationError``."""
        own = f"{user.username} {user.display_name}" if user else ""
        said = f"{policy.setting('passphrase_words') or ''} {settings.PANOH_NAME} {own}"
        if is_guessed_first(password, [*self.PRODUCT, *said.split()]):
            raise ValidationError(
                _("Others would guess this: it is made of words that everybody here knows."),
                code="our_words",
            )

    def get_help_text(self) -> str:
        """What is said beside the field."""
        return str(_("Not the name of this service or of a place, and little else."))


class NotCommon(CommonPasswordValidator):
    """The list of commonest passwords knows two hundred of twelve signs or more: two of its twenty
    thousand put together, or one repeated, are tried as soon."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raises ``ValidationError``."""
        super().validate(password, user)
        if is_common(password, self.passwords):
            raise ValidationError(self.get_error_message(), code="password_too_common")


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seeds and recovery codes lie under the server's outer key."""

    def encrypt(self, text: str) -> str:
        """Seal a seed."""
        return vault.seal_outer(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a seed."""
        return keys.open_outer(encrypted_text)


class _Recorded(BaseAuthenticateForm):  # type: ignore[misc]
    """A code of the app or from the paper: a wrong one is recorded, never what was typed."""

    def clean_code(self) -> str:
        """Check the code: of the app, or of the printed card. Raises ``ValidationError``, also
        for too many."""
        try:
            return str(super().clean_code())
        except ValidationError as problem:
            # Counted by then as every try; after too many of them not even looked at.
            typed = str(self.cleaned_data["code"])
            if problem.code == "incorrect_code" and self._is_of_card(typed):
                return typed
            audit.record(
                "account.second_code_failed",
                by=None,
                at=timezone.now(),
                subject=self.user,
                unit_id=self.user.unit_id,
            )
            raise

    def _is_of_card(self, typed: str) -> bool:
        card = access.take_card_code(code=typed, by=self.user, at=timezone.now())
        if card is not None:
            card.user = self.user
            self.authenticator = card
        return card is not None


class SecondStepForm(_Recorded, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class StepUpForm(_Recorded, ReauthenticateForm):  # type: ignore[misc]
    """The code that is asked for again."""
