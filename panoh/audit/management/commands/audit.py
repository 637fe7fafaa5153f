"""`manage audit verify` and `manage audit head`."""

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from panoh.audit import queries
from panoh.audit.rules import SignedHead


class Command(BaseCommand):
    """Works as owner where that role's address is known, else as whoever connects (auditor)."""

    help = "Check the audit table against its signed heads, or print the newest head."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="name the first row that is not what was sealed")
        verify.add_argument(
            "--to",
            action="append",
            default=[],
            metavar="HEAD",
            help="a head that was kept elsewhere: its text, or a file of heads, one a line",
        )
        verify.add_argument("--key", metavar="HEX", help="the public key; default: of this machine")
        verbs.add_parser("head", help="print the newest head and the public key, to keep elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:
        using = "owner" if "owner" in settings.DATABASES else "default"
        private = Ed25519PrivateKey.from_private_bytes(settings.PANOH_SEAL_KEY)
        key = private.public_key()
        if options["verb"] == "head":
            head = queries.newest_head(using)
            if head is None:
                raise CommandError("nothing is sealed yet")
            self.stdout.write(str(head))
            self.stdout.write(f"# public key {key.public_bytes_raw().hex()}")
            return
        if options["key"]:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(options["key"]))
        report = queries.verify(key, [h for text in options["to"] for h in _heads(text)], using)
        if report.finding:
            what, first, last = report.finding.what, report.finding.first, report.finding.last
            rows = f"row {first}" if first == last else f"rows {first} to {last}"
            raise CommandError(f"{rows}: {what} (the {report.sealed} rows before are good)")
        self.stdout.write(f"{report.sealed} rows good, {report.unsealed} not sealed yet")


def _heads(text: str) -> list[SignedHead]:
    path = Path(text)
    lines = path.read_text(encoding="ascii").splitlines() if path.is_file() else [text]
    try:
        return [SignedHead.parse(line) for line in lines if line and not line.startswith("#")]
    except ValueError as error:
        raise CommandError(f"--to: {error}") from error
