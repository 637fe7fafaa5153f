"""Log lines that cannot hold personal data: an error's text may quote what somebody typed."""

import logging
import traceback
from pathlib import Path
from types import TracebackType


class Formatter(logging.Formatter):
    """Time, level, logger and message; of an error only its type and where it happened."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatException(  # noqa: N802 (logging's name)
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Return the error's type and the frames it went through, without its text."""
        kind, _, trace = ei
        frames = [
            f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(trace)
        ]
        return "\n".join([kind.__qualname__ if kind else "no error", *frames])
