"""File, add papers, withdraw, tell, appeal, say who reads; ask for papers, decide, sign, close;
print; begin and end the time to recover, use what it gives, plan an interview."""

from panoh.decisions.actions.batches import (
    ask_letters,
    fetch_letters,
    make_letters,
    sweep_letters,
)
from panoh.decisions.actions.deciding import (
    ask_papers,
    close_minutes,
    complete,
    decide,
    read_copy,
    read_half,
    sign_ruling,
    sweep_copies,
)
from panoh.decisions.actions.filing import (
    Answers,
    appeal,
    end_for_consent,
    file,
    let_stand,
    supply,
    tell,
    wish,
    withdraw,
)
from panoh.decisions.actions.letters import print_decisions, print_letter
from panoh.decisions.actions.readers import owe_readers, tell_readers
from panoh.decisions.actions.reflection import (
    assess,
    begin_reflection,
    end_reflection,
    plan_interview,
    use_entitlement,
)

__all__ = [
    "Answers",
    "appeal",
    "ask_letters",
    "ask_papers",
    "assess",
    "begin_reflection",
    "close_minutes",
    "complete",
    "decide",
    "end_for_consent",
    "end_reflection",
    "fetch_letters",
    "file",
    "let_stand",
    "make_letters",
    "owe_readers",
    "plan_interview",
    "print_decisions",
    "print_letter",
    "read_copy",
    "read_half",
    "sign_ruling",
    "supply",
    "sweep_copies",
    "sweep_letters",
    "tell",
    "tell_readers",
    "use_entitlement",
    "wish",
    "withdraw",
]
