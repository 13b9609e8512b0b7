"""What can go wrong at the outgoing calls of one order: each call of a faultless one, with each trouble that the
sandboxes know.

A trouble is aimed at one customer wherever the call says whose it is: by its chat, by what it holds, by its task. The
few calls that do not say (a file's download, the photo's upload, a script, a poll) are met by whoever comes next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from adapters.sandbox import kie_faults, openai_faults, telegram_faults

Service = Literal["telegram", "kie", "openai"]

TELEGRAM_CALLS: Final[Mapping[str, int]] = {
    "getUpdates": 1, "sendMessage": 5, "answerCallbackQuery": 5, "getFile": 1, "file": 1, "editMessageText": 9,
    "sendChatAction": 1, "sendVideo": 1,
}  # fmt: skip  # a table reads better in lines
KIE_CALLS: Final[Mapping[str, int]] = {"upload": 1, "create": 1, "record": 2, "result": 1}
"""How often an order without faults makes each call. Of edits and polls it may be one or two less."""

UNSTEADY: Final = frozenset({"getUpdates", "editMessageText", "record"})

VIOLATION: Final = kie_faults.Fault(fail_code="400", fail_msg=kie_faults.POLICY)
"""With it an order ends in a refund."""

ENDED_CARD: Final = "Заказ завершён"
FAILED: Final = "Видео не получилось"

TELEGRAM: Final[Mapping[str, Mapping[str, Any]]] = {
    "429 after 1 s": {"retry_after": 1},
    "429 without a time": {"status": 429},
    "400": {"status": 400},
    "403": {"status": 403},
    "413": {"status": 413},
    "500": {"status": 500},
    "500 though done": {"status": 500, "handled": True},
    "502 in JSON": {"status": 502},
    "502 in HTML": {"garbage": "html"},
    "502 in HTML though done": {"garbage": "html", "handled": True},
    "nothing": {"garbage": "empty"},
    "no JSON": {"garbage": "not_json"},
    "half an answer": {"garbage": "truncated", "handled": True},
    "dropped before": {"drop": "before"},
    "dropped after": {"drop": "after"},
    "dropped midway": {"drop": "midway"},
}
SLOW: Final[Mapping[str, float]] = {"sendVideo": 8.0, "answerCallbackQuery": 6.0}
"""Longer than we wait for an answer to these."""
SLOW_OTHERWISE_S: Final = 32.0

LASTING: Final[Mapping[str, int | None]] = {"sendVideo": None, "sendChatAction": None, "editMessageText": 6}
"""Calls that a trouble may meet so often in a row from the confirmation on; None: always. There is a truth to be told
even so. A card is tried for as long as it takes."""

KIE: Final[Mapping[str, Mapping[str, Any]]] = {
    **{f"HTTP {status}": {"status": status} for status in (400, 413, 429, 500, 502, 503)},
    **{f"code {code}": {"code": code, "msg": "Server Error"} for code in (429, 455, 500, 501)},
    **{name: {"garbage": name} for name in ("html", "empty", "not_json", "truncated")},
    "half an answer though done": {"garbage": "truncated", "handled": True},
    "500 though done": {"status": 500, "handled": True},
    "dropped before": {"drop": "before"},
    "dropped after": {"drop": "after"},
    "dropped midway": {"drop": "midway"},
}
TASKS: Final[Mapping[str, Mapping[str, Any]]] = {
    "fails for a while": {"fail_code": "500", "fail_msg": "Internal Error, Please try again later."},
    "fails for good": {"fail_code": "400", "fail_msg": kie_faults.POLICY},
    "has no video": {"without_url": True},
    "is not found at first": {"invisible_s": 0.5},
    **{f"callback {how}": {"callback": how} for how in ("missing", "twice", "early", "forged", "stale")},
}
OPENAI: Final[Mapping[str, openai_faults.Fault]] = {
    "400": openai_faults.error(400, "Bad request", kind="invalid_request_error"),
    "429": openai_faults.error(429, "Rate limit reached", kind="rate_limit_error").model_copy(
        update={"retry_after_s": 1}
    ),
    "500": openai_faults.error(500, "The server had an error"),
    "HTML": openai_faults.Fault(status=502, raw="<html>502 Bad Gateway</html>"),
    "empty": openai_faults.Fault(raw=""),
    "no choices": openai_faults.Fault(choices=[]),
    "refusal": openai_faults.Fault(refusal="I cannot help with that."),
    "cut": openai_faults.Fault(finish_reason="length", content="The cam"),
    "dropped before": openai_faults.Fault(drop="before"),
    "dropped after": openai_faults.Fault(drop="after"),
}


class Trouble(NamedTuple):
    """One call with one trouble. `nth` counts the customer's calls of that name; None: every one of them.

    `holds` are words in the call. `refused`: the order is one whose photo the video model refuses.
    """

    service: Service
    call: str
    nth: int | None
    kind: str
    holds: str | None = None
    refused: bool = False

    def at_telegram(self, *, chat: int | None, holds: str | None) -> telegram_faults.Fault:
        """The line of Telegram's script. `holds` says whose call it is where the chat does not."""
        fields = dict(TELEGRAM.get(self.kind, {"latency_s": SLOW.get(self.call, SLOW_OTHERWISE_S)}))
        times = 1 if self.nth else LASTING[self.call]
        aim = {"chat": chat, "contains": holds or self.holds, "nth": self.nth, "times": times}
        return telegram_faults.Fault(method=self.call, **{**fields, **aim})

    def at_kie(self, *, holds: str | None) -> kie_faults.Fault:
        """The line of KIE's script."""
        return kie_faults.Fault.model_validate(
            {"endpoint": self.call, "nth": self.nth, "times": 1, "contains": holds, **KIE.get(self.kind, {}),
             **TASKS.get(self.kind, {})}
        )  # fmt: skip  # one line of the script

    def __str__(self) -> str:
        """For a failed proof."""
        when = "lasting" if self.nth is None else f"at call {self.nth}"
        words = f" with {self.holds!r}" if self.holds else ""
        return f"{self.service} {self.call}{words}: {self.kind}, {when}{', photo refused' if self.refused else ''}"


def troubles() -> list[Trouble]:
    """Every call of an order with every trouble."""
    return [*_at_telegram(), *_at_the_end(), *_at_kie(), *_at_openai()]


def _at_telegram() -> Iterator[Trouble]:
    for call, times in TELEGRAM_CALLS.items():
        for nth in range(1, times + 1):
            for kind in (*TELEGRAM, "too slow"):
                yield Trouble("telegram", call, nth, kind)
    for call in LASTING:
        for kind in TELEGRAM:
            yield Trouble("telegram", call, None, kind)


def _at_the_end() -> Iterator[Trouble]:
    """The last word of an order, whichever call of its name that is."""
    for kind in TELEGRAM:
        yield Trouble("telegram", "editMessageText", 1, kind, ENDED_CARD)
        yield Trouble("telegram", "editMessageText", 1, kind, ENDED_CARD, refused=True)
        yield Trouble("telegram", "sendMessage", 1, kind, FAILED, refused=True)


def _at_kie() -> Iterator[Trouble]:
    for call, times in KIE_CALLS.items():
        for nth in range(1, times + 1):
            for kind in KIE:
                yield Trouble("kie", call, nth, kind)
    for kind in TASKS:
        yield Trouble("kie", "create", 1, kind)


def _at_openai() -> Iterator[Trouble]:
    for kind in OPENAI:
        yield Trouble("openai", "script", 1, kind)


def sample(every: Iterable[Trouble], *, count: int) -> list[Trouble]:
    """So many of them, evenly spread."""
    whole = list(every)
    return [whole[(2 * at + 1) * len(whole) // (2 * count)] for at in range(count)]
