"""Log lines that cannot hold personal data: an error's text may quote what somebody typed."""

import copy
import logging
import traceback
from pathlib import Path
from types import TracebackType


class Formatter(logging.Formatter):
    """Time, level, logger and message; of an error only its type and where it happened; of a
    request the name of its page, for its address may name a case."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line, without what a visitor typed or an address says."""
        request = getattr(record, "request", None)
        record = copy.copy(record)
        record.exc_text = None  # of another formatter, with the error's words
        if request is not None:
            match = getattr(request, "resolver_match", None)
            record.msg = "%s at %s"
            status = getattr(record, "status_code", "refused")
            record.args = (status, match.view_name if match else "no page")
        # What was typed begins no line of its own, and steers no terminal.
        said = "".join(sign if sign.isprintable() else " " for sign in record.getMessage())
        record.msg, record.args = said, ()
        return super().format(record)

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
