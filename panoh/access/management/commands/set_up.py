"""`manage set_up`: the first administrator of an empty installation, at the terminal."""

import getpass
import io
import time
from argparse import ArgumentParser
from typing import Any

import segno
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from panoh.access import actions as access
from panoh.access.adapters import MFAAdapter
from panoh.access.models import User
from panoh.kernel.codes import same_passphrase
from panoh.policy import queries as policy


class Command(BaseCommand):
    """Asks for names and a passphrase, shows the second factor and prints recovery codes once."""

    help = "Walk the first administrator through set-up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing if it is set up")

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("This installation has its administrator already.")
        languages = dict(settings.LANGUAGES)
        language = self._choose("Language / Забон / Язык", list(languages))
        with translation.override(language):
            self._walk(language)

    def _walk(self, language: str) -> None:
        unit_type = self._choose(_("Kind of organisation that runs this server"), _operators())
        unit_name = self._ask(_("Name of that organisation"))
        display_name = self._ask(_("Your name"))
        username = self._ask(_("Your user name (small Latin letters)"))
        secret = generate_totp_secret()
        uri = MFAAdapter().build_totp_url(User(username=username), secret)
        picture = io.StringIO()
        segno.make(uri).terminal(picture, compact=True)
        self.stdout.write(picture.getvalue())
        self.stdout.write(_("Scan this with a code app, or type: {secret}").format(secret=secret))
        while not validate_totp_code(secret, self._ask(_("The six digits it shows now"))):
            self.stdout.write(_("That is not the code of this moment. Please look again."))
            time.sleep(1)
        while True:
            passphrase = self._secret(_("Passphrase, 12 characters or more"))
            if passphrase != self._secret(_("Once more")):
                self.stdout.write(_("These were not the same."))
                continue
            try:
                with transaction.atomic():
                    user = access.set_up(
                        unit_name=unit_name,
                        unit_type=unit_type,
                        username=username,
                        display_name=display_name,
                        language=language,
                        passphrase=passphrase,
                        at=timezone.now(),
                    )
                    TOTP.activate(user, secret)
                    codes = RecoveryCodes.activate(user).get_unused_codes()
            except ValidationError as problem:
                self.stdout.write(" ".join(problem.messages))
                continue
            break
        self.stdout.write(
            "\n" + _("Recovery codes, each for one sign-in. Keep them on paper, apart:")
        )
        for code in codes:
            self.stdout.write(f"  {code}")
        self.stdout.write(
            "\n"
            + _(
                "Whoever has root on this server while somebody is signed in, or changes the "
                "running programme, reads what is opened from then on. The host should not be an "
                "authority from which people may need protection."
            )
        )
        self.stdout.write(
            "\n"
            + _(
                "Go on in the browser: sign in, then under “More” register the organisations that "
                "hold cases, give each a team and invite its first colleague. Emergency access "
                "opens nothing until you name a duty hotline there."
            )
        )

    def _ask(self, question: str) -> str:
        while not (answer := input(f"{question}: ").strip()):
            pass
        return answer

    def _secret(self, question: str) -> str:
        return same_passphrase(getpass.getpass(f"{question}: "))

    def _choose(self, question: str, codes: list[str]) -> str:
        while (answer := self._ask(f"{question} ({', '.join(codes)})")) not in codes:
            pass
        return answer


def _operators() -> list[str]:
    """Kinds of unit that the administrator's role may work in."""
    role = str(policy.setting("administrator_role"))
    return [code for code, kind in policy.unit_types().items() if role in kind.roles]
