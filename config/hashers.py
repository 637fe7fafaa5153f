"""How passphrases are kept for sign-in."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id, 19 MiB, two passes, one lane: the smallest setting OWASP recommends.

    Django's default takes 100 MiB a check, which a small server cannot spare.
    """

    memory_cost = 19456  # KiB
    time_cost = 2
    parallelism = 1
