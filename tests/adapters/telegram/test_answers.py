"""What errors mean, one row per kind: aiogram's, aiohttp's beneath them, and those that aiogram lets through."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiogram import exceptions as a
from aiogram.methods import SendMessage
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.answers import AsAsked, Fate, Later, Refused, Unclear, UnreadableAnswer, told, what_became
from domain.failures import FailureClass
from domain.outside import WhyNot

CALL = SendMessage(chat_id=42, text="hello")
KEY = cast("Any", SimpleNamespace(host="h", port=1, ssl=True, is_ssl=False))
ASKED = cast("Any", SimpleNamespace(real_url="https://h/bot7000000001:a-secret-of-ours/x"))
NO_ROUTE = aiohttp.ClientConnectorError(KEY, OSError(113, "no route"))
MOVED = a.TelegramMigrateToChat(CALL, "group chat was upgraded to a supergroup chat", -1)
T, R = FailureClass.TEMPORARY, FailureClass.RATE_LIMIT


def broken(cause: BaseException | None) -> a.TelegramNetworkError:
    """What aiogram makes of an error of aiohttp."""
    error = a.TelegramNetworkError(method=CALL, message=f"{type(cause).__name__}: {cause}")
    error.__cause__ = cause
    return error


ROWS: list[tuple[BaseException, Fate]] = [
    (a.TelegramRetryAfter(CALL, "Too Many", 7), Later(R, "too many requests", 7, 429)),
    (a.TelegramRetryAfter(CALL, "Too Many", 0), Later(R, "too many requests", 1, 429)),
    (a.TelegramAPIError(CALL, "Too Many Requests"), Later(R, "Too Many Requests", None, 429)),
    (a.TelegramAPIError(CALL, "Request Timeout"), Unclear("Request Timeout")),
    (a.TelegramAPIError(CALL, "I'm a teapot"), Refused(WhyNot.REFUSED, 400, "I'm a teapot")),
    (
        a.TelegramBadRequest(CALL, "Bad Request: chat not found"),
        Refused(WhyNot.GONE, 400, "Bad Request: chat not found"),
    ),
    (MOVED, Refused(WhyNot.GONE, 400, told(MOVED.message))),
    (a.TelegramUnauthorizedError(CALL, "Unauthorized"), Refused(WhyNot.REFUSED, 401, "Unauthorized")),
    (a.TelegramForbiddenError(CALL, "Forbidden: whatever"), Refused(WhyNot.GONE, 403, "Forbidden: whatever")),
    (a.TelegramNotFound(CALL, "Not Found"), Refused(WhyNot.REFUSED, 404, "Not Found")),
    (a.TelegramConflictError(CALL, "Conflict"), Refused(WhyNot.REFUSED, 409, "Conflict")),
    (a.TelegramEntityTooLarge(CALL, "Too Large"), Refused(WhyNot.TOO_LARGE, 413, "Too Large")),
    (a.TelegramServerError(CALL, "Internal Server Error"), Unclear("Internal Server Error")),
    (a.RestartingTelegram(CALL, "restart"), Unclear("restart")),
    (a.TelegramBadRequest(CALL, "CHARGE_ALREADY_REFUNDED"), AsAsked()),
    (broken(NO_ROUTE), Later(T, "no connection: ClientConnectorError")),
    (broken(aiohttp.ClientConnectorDNSError(KEY, OSError(1, "x"))), Later(T, "no connection: ClientConnectorDNSError")),
    (broken(aiohttp.ConnectionTimeoutError()), Later(T, "no connection: ConnectionTimeoutError")),
    (broken(aiohttp.ClientHttpProxyError(ASKED, ())), Later(T, "no connection: ClientHttpProxyError")),
    (broken(aiohttp.ClientOSError(104, "reset")), Unclear("no answer: ClientOSError")),
    (broken(aiohttp.ServerDisconnectedError()), Unclear("no answer: ServerDisconnectedError")),
    (broken(aiohttp.ClientPayloadError()), Unclear("no answer: ClientPayloadError")),
    (broken(aiohttp.SocketTimeoutError()), Unclear("no answer: SocketTimeoutError")),
    (broken(TimeoutError()), Unclear("no answer: TimeoutError")),
    (broken(None), Unclear("no answer: TelegramNetworkError")),
    (
        a.ClientDecodeError("Failed to decode object", ValueError("x"), "<html>"),
        Unclear("no answer: ClientDecodeError"),
    ),
    (NO_ROUTE, Later(T, "no connection: ClientConnectorError")),
    (aiohttp.ClientResponseError(ASKED, (), status=502), Unclear("no answer: ClientResponseError")),
    (aiohttp.ClientPayloadError(), Unclear("no answer: ClientPayloadError")),
    (TimeoutError(), Unclear("no answer: TimeoutError")),
    (UnreadableAnswer(200, done=True, message=5), AsAsked(5)),
    (UnreadableAnswer(404), Later(T, "HTTP 404 without an answer of the Bot API's", None, 404)),
]


@pytest.mark.parametrize(("error", "fate"), ROWS, ids=lambda row: type(row).__name__)
def test_each_error_means_what_the_table_says(error: BaseException, fate: Fate) -> None:
    assert what_became(error) == fate


ERRORS = st.sampled_from([
    a.TelegramBadRequest, a.TelegramForbiddenError, a.TelegramNotFound, a.TelegramConflictError, a.TelegramServerError,
    a.TelegramUnauthorizedError, a.TelegramEntityTooLarge, a.TelegramNetworkError, a.TelegramAPIError,
])  # fmt: skip  # a list of names reads better in lines than in a column


@given(ERRORS, st.text(max_size=400))
def test_any_words_make_a_value_that_fits_a_log(kind: Callable[..., a.TelegramAPIError], words: str) -> None:
    fate = what_became(kind(method=CALL, message=words))
    if not isinstance(fate, AsAsked):
        assert 0 < len(fate.about) <= 300
        assert fate.about.isprintable()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", "no reason given"),
        (None, "no reason given"),
        ("a\nb\x00c", "a b c"),
        ('tag "Anna\'s <b>" at 5', 'tag "…" at 5'),
        ("see https://t.me/x?y=1 now", "see [address] now"),
        ("no /bot7000000001:AAE-x_yzuvw/sendMessage here", "no /[hidden]/sendMessage here"),
    ],
)
def test_secrets_addresses_and_quotes_are_not_told(said: str | None, kept: str) -> None:
    assert told(said) == kept
