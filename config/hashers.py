"""How passphrases are kept for sign-in."""

from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

from panoh.kernel.codes import same_passphrase


class Argon2(Argon2PasswordHasher):
    """Argon2id, 19 MiB, two passes, one lane: the smallest setting OWASP recommends.

    Django's default takes 100 MiB a check, which a small server cannot spare.
    """

    memory_cost = 19456  # KiB
    time_cost = 2
    parallelism = 1

    def must_update(self, encoded: str) -> bool:
        """Never at sign-in: the database takes a passphrase from its own account alone, and nobody
        acts yet. A changed passphrase has the cost of that day."""
        return False

    def encode(self, password: str, salt: Any) -> str:
        """Keep the one form of what was typed."""
        return super().encode(same_passphrase(password), salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Compare in the form in which it is kept."""
        return super().verify(same_passphrase(password), encoded)
