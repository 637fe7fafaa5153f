"""The collector of cycles is kept away from what is loaded once and stays."""

import gc

from django.urls import get_resolver


def settle() -> None:
    """Load every page, then take all that stands out of later collections.

    Otherwise a request now and then waits while the whole of Django is looked through for
    cycles: 60 ms in every tenth search for beds (``docs/performance.md``).
    """
    _every_page = get_resolver().reverse_dict
    gc.collect()
    gc.freeze()
