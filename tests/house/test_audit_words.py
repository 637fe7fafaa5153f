"""Every act that is recorded stands in words on the page of the audit."""

import ast
import re
from collections.abc import Iterator

from panoh.audit.rules import EVENT, EVENTS
from panoh.cases.rules import TASK
from tests.house.tree import parse, sources

# Events whose name is put together: what may stand in the gap.
GAPS = {
    "account.": {"unlocked", "pin_failed", "pin_failed_for_good"},
    "plan.task_": {str(step.target) for step in TASK.steps if step.verb != "give"},
}
# Given on as a variable; each of them stands elsewhere as a text.
CARRIED = {"duty.escalated", "duty.late", "duty.unanswered", "account.signed_in"}


def recorded(tree: ast.AST) -> Iterator[str]:
    """The events that a file records; those put together end with their gap."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        of = node.func.value
        if node.func.attr in {"record", "_record"} and isinstance(of, ast.Name) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and re.fullmatch(EVENT, str(first.value)):
                yield str(first.value)
            if isinstance(first, ast.JoinedStr) and isinstance(first.values[0], ast.Constant):
                yield str(first.values[0].value)


def all_recorded() -> set[str]:
    found = set(CARRIED)
    for path in sources("panoh"):
        for event in recorded(parse(path)):
            found |= {f"{event}{rest}" for rest in GAPS[event]} if event in GAPS else {event}
    return found


def test_every_recorded_event_has_words() -> None:
    assert all_recorded() - EVENTS.keys() == set(), "add them to panoh/audit/rules/events.py"


def test_words_are_sentences_of_their_own() -> None:
    words = [str(text) for text in EVENTS.values()]
    assert len(words) == len(set(words))
    assert not [text for text in words if "." in text or "_" in text]


def test_an_event_without_words_is_noticed() -> None:
    assert list(recorded(ast.parse('audit.record("thing.done", by=by)'))) == ["thing.done"]
    assert list(recorded(ast.parse('audit.record(f"plan.task_{x}")'))) == ["plan.task_"]
    assert not list(recorded(ast.parse('logger.info("thing.done")')))
