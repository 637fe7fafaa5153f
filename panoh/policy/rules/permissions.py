"""What an account may be allowed to do, in words.

The same names are the members of `access.rules.Permission`, one floor up; a house test keeps the
two equal.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PERMISSIONS: Mapping[str, str | Promise] = {
    "contact_create": _("Record a first contact"),
    "case_read": _("Read cases of the own teams"),
    "case_write": _("Write in cases"),
    "case_close": _("Close and reopen cases"),
    "case_classify": _("Record an assessment"),
    "note_write": _("Write notes"),
    "identity_read": _("Read names"),
    "identity_write": _("Write names"),
    "consent_record": _("Record consent"),
    "consent_withdraw": _("Record a withdrawal"),
    "referral_send": _("Send referrals"),
    "referral_answer": _("Answer referrals"),
    "referral_withdraw": _("Take referrals back"),
    "search_people": _("Search for people"),
    "directory_read": _("Read the directory"),
    "directory_write": _("Write in the directory"),
    "duty_read": _("See duties"),
    "duty_settle": _("Settle duties"),
    "team_manage": _("Manage teams"),
    "unit_manage": _("Manage units and accounts"),
    "audit_read": _("Read the log"),
    "queue_read": _("Read the queue without names"),
    "queue_ask": _("Ask the holder of a case in the queue to pass a message"),
    "counts_read": _("Read counts"),
    "pattern_read": _("See that one recruiter is named again and again: numbers only"),
    "policy_read": _("Read the policy in force"),
    "import_cases": _("Import cases"),
    "file_read": _("Read documents"),
    "file_write": _("Add documents"),
    "legal_read": _("Read legal matters"),
    "legal_write": _("Write legal matters"),
    "health_read": _("Read health matters"),
    "health_write": _("Write health matters"),
    "decision_propose": _("Propose what is best for a child"),
    "decision_sign": _("Be an independent advocate and sign for a child"),
    "guardian_check": _("Say whether a guardian is safe"),
    "installation_manage": _("Manage the installation"),
    "break_glass": _("Ask for emergency access"),
    "order_write": _("Register orders to hand over data"),
    "order_advise": _("Say as a lawyer whether an order binds"),
    "order_sign": _("Sign that data is handed over on an order"),
    "breach_open": _("Register a breach"),
    "bed_ask": _("Ask whether there is a place in a region: yes or no"),
    "bed_hold": _("Look for beds and hold them"),
    "stay_write": _("Admit people to a shelter of the own team, and let them leave"),
    "house_write": _("Manage a shelter of the own team"),
    "money_ask": _("Ask a fund for money for a person"),
    "money_read": _("Read the books of the own fund, without names"),
    "money_approve": _("Approve requests for money"),
    "money_pay": _("Pay what was approved"),
    "money_book": _("Keep the books of the own fund"),
    "body_read": _("Take part in the bodies where the account has a seat"),
    "body_keep": _("Keep the papers of a body: call it, write who came, close the minutes"),
}
