"""What kind of failure an outside service met, and what that means for the job."""

from __future__ import annotations

from enum import StrEnum


class FailureClass(StrEnum):
    """The closed list of what can be wrong; each class has its own action."""

    USER_VIOLATION = "USER_VIOLATION"
    """The photo or the text breaks the model's rules: ends at once, another photo helps."""

    BILLING = "BILLING"
    """Our account with the service is empty or closed: ends at once, operators are told."""

    RATE_LIMIT = "RATE_LIMIT"
    """Too many requests: another key, later."""

    TEMPORARY = "TEMPORARY"
    """The service stumbled: the same again, later."""

    UNKNOWN = "UNKNOWN"
    """Nothing we know: ends at once, support is named."""


RETRIED = frozenset({FailureClass.RATE_LIMIT, FailureClass.TEMPORARY})
"""The classes for which trying again can help."""
