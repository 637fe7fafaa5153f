"""What this process keeps in memory: for the collector of cycles, and for nobody's disk."""

import ctypes
import gc
import resource
import sys

from django.urls import get_resolver

PR_SET_DUMPABLE = 4  # linux/prctl.h


def keep_inside() -> None:
    """Leave no core file, whatever ends the process: it would hold the keys of open sessions.

    A program that is handed cores through a pipe (``core_pattern``) is not held by the limit, so
    Linux is told that there is nothing to dump; nor may another process of this account look in.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)


def settle() -> None:
    """Load every page, then take all that stands out of later collections.

    Otherwise a request now and then waits while the whole of Django is looked through for
    cycles: 60 ms in every tenth search for beds (``docs/performance.md``).
    """
    _every_page = get_resolver().reverse_dict
    gc.collect()
    gc.freeze()
