"""How many letters are made in one go, and when what stopped is tried again."""

from datetime import timedelta

# Of one part, about two seconds of work: other jobs are not kept waiting longer.
PART = 200
# What the parts are sealed for (``vault.rules.box``).
PURPOSE = "letters"


def is_tried_again(idle: timedelta) -> bool:
    """Whether a batch that no step was made of for so long is tried once more: after 1, 2, 4, 8 …
    minutes, so that what cannot be made is not tried each minute until it expires.

    >>> [is_tried_again(timedelta(minutes=n)) for n in (0, 1, 2, 3, 4)]
    [False, True, True, False, True]
    """
    minutes = idle // timedelta(minutes=1)
    return minutes > 0 and minutes & (minutes - 1) == 0
