"""A program of ours in a terminal of its own: what stands on the screen, what is typed."""

import os
import pty
import re
import select
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.harness import ROOT


@dataclass
class Terminal:
    """A process, its screen, and what it has said so far."""

    pid: int
    screen: int
    said: str = ""

    def until(self, pattern: str, seconds: float = 1200) -> re.Match[str]:
        """Read on until something stands on the screen."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.said)):
            assert time.monotonic() < end, self.said
            if select.select([self.screen], [], [], 1)[0]:
                try:
                    self.said += os.read(self.screen, 65536).decode(errors="replace")
                except OSError:
                    raise AssertionError(self.said) from None
        return found

    def answer(self, question: str, text: str) -> None:
        """Wait for a question, then type."""
        found = self.until(question)
        self.said = self.said[found.end() :]
        os.write(self.screen, f"{text}\n".encode())


def in_a_terminal(*words: str, env: Mapping[str, str]) -> tuple[int, int]:
    """Start Python with these words at the root of the tree; its process id and its screen."""
    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, *words], env)  # noqa: S606
    return pid, screen
