"""Waits for conditions."""

import time
from typing import Any, Callable

PATIENCE = 60


class Unmet(Exception):
    """What did not happen."""


def awaited(what: str, condition: Callable[[], Any]) -> Any:
    """The first true value of a condition; raises Unmet if there is none in time."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise Unmet(f"timeout while waiting for {what}")
