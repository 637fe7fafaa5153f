"""The ledger of spends by itself: what is written, what is noticed, what only looks on."""

import json
from pathlib import Path

import pytest

from panoh.statistics.rules import telling
from panoh.statistics.rules.book import Book
from panoh.statistics.rules.release.ledger import BadLedger, Ledger, held
from panoh.statistics.rules.words import told

KEY = b"k" * 32
ENTRY = {"population": "p", "time": "2026-03-06", "plan": "a", "people": ["one"], "rho": 0.5}


def opened(folder: Path, heads: str = "heads") -> Ledger:
    with held(folder / "ledger.jsonl", KEY, folder / heads) as ledger:
        return ledger


def test_g19_official_tables_that_are_taken_down_cost_nothing_and_stay_listed(
    tmp_path: Path,
) -> None:
    ledger = opened(tmp_path)
    mark = ledger.list_official(ENTRY)
    spent = ledger.reserve(ENTRY, 2.0)
    for one in (mark, spent):
        ledger.withdraw(one, "2026-03-07")
    again = opened(tmp_path)
    assert [(one["state"], one["rho"], one.get("of")) for one in again.entries] == [
        ("spent", None, None),
        ("reserved", 0.5, None),
        ("withdrawn", None, mark),
        ("withdrawn", 0.0, spent),
    ]
    assert again.official("p") == [mark]
    assert again.account("p", 2.0).spent == 0.5, "what it cost stays spent"


def test_g19_where_the_ledger_ended_is_remembered_elsewhere(tmp_path: Path) -> None:
    opened(tmp_path).reserve(ENTRY, 2.0)
    assert len(opened(tmp_path, "other").entries) == 1, "a ledger that came from elsewhere"
    (head,) = (tmp_path / "heads").iterdir()
    head.write_text("one more")
    with pytest.raises(BadLedger, match="the note of where the ledger ended was changed"):
        opened(tmp_path)


def test_g19_a_book_that_was_opened_to_be_read_spends_nothing() -> None:
    lines: list[tuple[str, str, str]] = []
    book = Book([], KEY, lambda _entry, *line: lines.append(line))
    book.reserve(ENTRY, 2.0)
    reader = Book(lines, KEY)
    with pytest.raises(BadLedger, match="opened to be read"):
        reader.reserve(ENTRY, 2.0)
    assert len(reader.entries) == 1
    (text, mark, signature) = lines[0]
    changed = json.dumps({**json.loads(text), "rho": 0.1}, sort_keys=True)
    for line in ((changed, mark, signature), (text, mark, "00" * 64), (text, mark, "x")):
        with pytest.raises(BadLedger, match="line 1 of the ledger was changed"):
            Book([line], KEY)


def test_g18_a_limit_that_does_not_exist_and_a_value_that_decides_are_said() -> None:
    assert telling.between([12.4, "unbounded"]) not in {"", telling.between([12.4, 13.0])}
    assert telling._passes(100, 200.0, {"decision": None}) == ""
    assert telling._passes(100, 100.0, {"decision": 150}) == ""
    assert "0" in telling._passes(100, 200.0, {"decision": 150})


def test_g18_a_fault_that_nobody_translated_is_still_shown() -> None:
    assert told("never heard of it") == "never heard of it"
    assert told("SR-G1: never heard of it") == "SR-G1: never heard of it"
    assert "never heard of it" in told("group 'a': never heard of it")
