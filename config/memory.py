"""What this process keeps in memory: for the collector of cycles, and for nobody's disk."""

import gc
import resource

from django.urls import get_resolver


def keep_inside() -> None:
    """Leave no core file, whatever ends the process: it would hold the keys of open sessions."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def settle() -> None:
    """Load every page, then take all that stands out of later collections.

    Otherwise a request now and then waits while the whole of Django is looked through for
    cycles: 60 ms in every tenth search for beds (``docs/performance.md``).
    """
    _every_page = get_resolver().reverse_dict
    gc.collect()
    gc.freeze()
