"""Neutral words for words that blame; where a duty leads."""

import re
from collections.abc import Iterable

from panoh.policy.rules import ListedWord

# The page on which a duty of this kind is done; the others are done on the page of the case.
LEADS_TO = {
    "referral.reply": "desk:inbox",
    "referral.confirm": "desk:inbox",
    "referral.enter_answer": "desk:outbox",
    "consent.destroy_copies": "desk:copies",
    "people.unusual_search": "access:teams",
    "directory.verify": "directory:list",
    "exchange.import": "exchange:list",
    "case.later_questions": "desk:answers",
    "consent.ask_later": "desk:consent",
    "consent.interpreter": "desk:consent",
    "consent.ends_soon": "desk:consent",
}


def neutral_words(text: str, words: Iterable[ListedWord]) -> list[ListedWord]:
    """The listed words that stand in a text, each once, in any case and with any ending.

    A hint and nothing more: the text stays as it was written (row A23).
    """
    found: dict[str, ListedWord] = {}
    for word in words:
        if re.search(rf"(?<!\w){re.escape(word.stem)}", text, re.IGNORECASE):
            found.setdefault(word.stem, word)
    return list(found.values())
