"""Hold, release, admit, refuse, move, leave; houses and what keeps them open."""

from panoh.shelters.actions.holds import count_unmet, hold, lapse_held, refuse, release
from panoh.shelters.actions.houses import (
    add_beds,
    add_room,
    begin_closing,
    change_house,
    close_house,
    open_house,
    read_address,
    use_bed,
    write_address,
)
from panoh.shelters.actions.life import (
    add_funding,
    add_paper,
    do_inspection,
    end_paper,
    plan_inspection,
    remind,
    settle_takeover,
    vet,
    write_takeover,
)
from panoh.shelters.actions.stays import admit, leave, move, take_in

__all__ = [
    "add_beds",
    "add_funding",
    "add_paper",
    "add_room",
    "admit",
    "begin_closing",
    "change_house",
    "close_house",
    "count_unmet",
    "do_inspection",
    "end_paper",
    "hold",
    "lapse_held",
    "leave",
    "move",
    "open_house",
    "plan_inspection",
    "read_address",
    "refuse",
    "release",
    "remind",
    "settle_takeover",
    "take_in",
    "use_bed",
    "vet",
    "write_address",
    "write_takeover",
]
