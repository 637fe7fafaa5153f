"""Permissions, and the few pure questions about reach."""

from collections.abc import Container, Iterable, Mapping
from enum import StrEnum
from itertools import pairwise

from panoh.kernel.rules import Category


class Permission(StrEnum):
    """A verb on a noun. Packs map roles to these codes (``packs/<country>/roles.toml``)."""

    CONTACT_CREATE = "contact_create"
    CASE_READ = "case_read"
    CASE_WRITE = "case_write"
    CASE_CLOSE = "case_close"
    CASE_CLASSIFY = "case_classify"
    NOTE_WRITE = "note_write"
    IDENTITY_READ = "identity_read"
    IDENTITY_WRITE = "identity_write"
    CONSENT_RECORD = "consent_record"
    CONSENT_WITHDRAW = "consent_withdraw"
    REFERRAL_SEND = "referral_send"
    REFERRAL_ANSWER = "referral_answer"
    REFERRAL_WITHDRAW = "referral_withdraw"
    SEARCH_PEOPLE = "search_people"
    DIRECTORY_READ = "directory_read"
    DIRECTORY_WRITE = "directory_write"
    DUTY_READ = "duty_read"
    DUTY_SETTLE = "duty_settle"
    TEAM_MANAGE = "team_manage"
    UNIT_MANAGE = "unit_manage"
    AUDIT_READ = "audit_read"
    QUEUE_READ = "queue_read"
    QUEUE_ASK = "queue_ask"
    COUNTS_READ = "counts_read"
    PATTERN_READ = "pattern_read"
    POLICY_READ = "policy_read"
    APART_READ = "apart_read"
    OVERDUE_ALL = "overdue_all"
    IMPORT_CASES = "import_cases"
    FILE_READ = "file_read"
    FILE_WRITE = "file_write"
    LEGAL_READ = "legal_read"
    LEGAL_WRITE = "legal_write"
    HEALTH_READ = "health_read"
    HEALTH_WRITE = "health_write"
    DECISION_PROPOSE = "decision_propose"
    DECISION_SIGN = "decision_sign"
    GUARDIAN_CHECK = "guardian_check"
    INSTALLATION_MANAGE = "installation_manage"
    BREAK_GLASS = "break_glass"
    ORDER_WRITE = "order_write"
    ORDER_ADVISE = "order_advise"
    ORDER_SIGN = "order_sign"
    BREACH_OPEN = "breach_open"
    BED_ASK = "bed_ask"
    BED_HOLD = "bed_hold"
    STAY_WRITE = "stay_write"
    HOUSE_WRITE = "house_write"
    MONEY_ASK = "money_ask"
    MONEY_READ = "money_read"
    MONEY_APPROVE = "money_approve"
    MONEY_PAY = "money_pay"
    MONEY_BOOK = "money_book"
    APPLICATION_FILE = "application_file"
    APPLICATION_READ = "application_read"
    STATUS_DECIDE = "status_decide"
    STATUS_SIGN = "status_sign"
    NOTICE_SEND = "notice_send"
    BODY_READ = "body_read"
    BODY_KEEP = "body_keep"
    NUMBERS_PREPARE = "numbers_prepare"
    NUMBERS_PROTECT = "numbers_protect"
    NUMBERS_CHECK = "numbers_check"


# Categories that only some roles read or write, whatever the grant opens.
READS = {Category.HEALTH: Permission.HEALTH_READ, Category.LEGAL: Permission.LEGAL_READ}
WRITES = {Category.HEALTH: Permission.HEALTH_WRITE, Category.LEGAL: Permission.LEGAL_WRITE}

# Views of libraries that carry no declaration of ours. Everything else must declare itself.
SEEN = "panoh_seen"  # what a session keeps of its last use
STARTED = "panoh_started"  # and of its beginning
VAULT = "panoh_vault"  # its half of the account's key; the other is the browser's
LOCKED = "panoh_locked"  # since when it waits for its PIN
PIN = "panoh_pin"  # the session's half of the vault, under the PIN
TRIES = "panoh_pin_tries"  # wrong PINs since the last right one

CARD = "card"  # what the library's row of codes on paper keeps of a printed card

# A memorised secret of this session only (NIST SP 800-63B-4, 3.1.1.2 and 3.2.10: an activation
# secret has six digits or more, and few tries).
PIN_DIGITS = 6
PIN_TRIES = 5
# What still answers while a session waits for its PIN.
LOCKED_URLS = frozenset({"access:unlock", "account_logout", "set_language"})


def is_plain_pin(pin: str) -> bool:
    """Is this the first that a thief would try: one digit again and again, a run, a pair?"""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return len(steps) == 1 or len(set(pin)) <= 2


# Of a passphrase this many letters are left when the words that everybody would try are taken out.
OWN_LETTERS = 8


def is_guessed_first(passphrase: str, words: Iterable[str]) -> bool:
    """Is it made of little else than words that everybody here would try (ASVS v5.0.0-6.2.11)?

    >>> [is_guessed_first(one, ["panoh"]) for one in ("Panoh2026panoh!", "four panoh words")]
    [True, False]
    """
    left = whole = passphrase.casefold()
    for word in sorted({one.casefold() for one in words if one}, key=len, reverse=True):
        left = left.replace(word, " ")
    return left != whole and sum(sign.isalpha() for sign in left) < OWN_LETTERS


# Two of the commonest passwords are never longer than this; what is, is not taken apart.
COMMON_SIGNS = 100


def is_common(passphrase: str, common: Container[str]) -> bool:
    """Is it one of the commonest passwords, two of them, or one repeated (ASVS v5.0.0-6.2.4)?

    >>> known = {"dragon", "123456"}
    >>> [is_common(one, known) for one in ("Dragon-123456!", "dragon" * 3, "dragon on a hill")]
    [True, True, False]
    """
    plain = "".join(sign for sign in passphrase.casefold() if sign.isalnum())
    if len(plain) > COMMON_SIGNS:
        return False
    parts = [(plain[:cut], plain[cut:]) for cut in range(1, len(plain))]
    return plain in common or any(
        one in common and (other in common or plain == one * (len(plain) // len(one)))
        for one, other in parts
    )


PUBLIC_URLS = frozenset(
    {
        "account_login",
        "account_logout",
        "account_inactive",
        "mfa_authenticate",
        "set_language",
    }
)

# Views of libraries that any signed-in account may use, without a permission.
ACCOUNT_URLS = frozenset(
    {
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_reauthenticate",
        "mfa_view_recovery_codes",
        "mfa_download_recovery_codes",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "mfa_reauthenticate_webauthn",
    }
)


def said_in(language: str | None, names: Mapping[str, str], name: str) -> str:
    """The name in the reader's language; else the one that the unit gives itself.

    >>> said_in("ru", {"ru": "Дом"}, "Хона"), said_in("en-gb", {}, "Хона")
    ('Дом', 'Хона')
    """
    return names.get((language or "").split("-")[0]) or name
