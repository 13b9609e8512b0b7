"""Keyboards under messages: their shape, and the limits of their buttons.

Only inline keyboards are kept with a message; the ones that replace a phone's keyboard are taken and forgotten.
"""

from __future__ import annotations

from typing import Any, Final

from adapters.sandbox.telegram_answers import bad_request
from adapters.sandbox.telegram_requests import Asked

DATA_MAX_BYTES: Final = 64
BUTTONS_MAX: Final = 100
NEEDS_NO_VALUE: Final = ("pay", "callback_game", "switch_inline_query", "switch_inline_query_current_chat")
NEEDS_A_VALUE: Final = ("url", "callback_data", "login_url", "web_app", "copy_text", "switch_inline_query_chosen_chat")
NOT_ALLOWED: Final = "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"

Markup = dict[str, Any]


def markup_of(asked: Asked, *, invoice: bool = False) -> Markup | None:
    """The inline keyboard that is to lie under the message; None when there is none. Raises Refused."""
    wanted = asked.json("reply_markup", said="reply keyboard markup")
    if wanted is None:
        return None
    if not isinstance(wanted, dict):
        raise bad_request("object expected as reply markup")
    rows = wanted.get("inline_keyboard")
    if not rows:
        return None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    keyboard = [[_button(button) for button in row] for row in rows if row]
    buttons = [button for row in keyboard for button in row]
    if len(buttons) > BUTTONS_MAX:
        raise bad_request("reply markup is too long")
    if any("pay" in button for button in buttons[1:]) or (not invoice and buttons and "pay" in buttons[0]):
        raise bad_request("BUTTON_TYPE_INVALID")
    if invoice and buttons and "pay" not in buttons[0]:
        raise bad_request("REPLY_MARKUP_BUY_EMPTY")
    return {"inline_keyboard": keyboard} if keyboard else None


def has_button(message: dict[str, Any], data: str) -> bool:
    """Whether a button with that data lies under the message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return any(button.get("callback_data") == data for row in rows for button in row)


def _button(button: object) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not text:
        raise bad_request("BUTTON_TEXT_INVALID")
    if not (any(button.get(kind) for kind in NEEDS_A_VALUE) or any(kind in button for kind in NEEDS_NO_VALUE)):
        raise bad_request(NOT_ALLOWED)
    data = button.get("callback_data")
    if data and (not isinstance(data, str) or len(data.encode()) > DATA_MAX_BYTES):
        raise bad_request("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url and (not isinstance(url, str) or not _is_link(url)):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return {name: value for name, value in button.items() if value is not None}


def _is_link(url: str) -> bool:
    scheme, colon, rest = url.partition("://")
    return (not colon and "." in url) or (scheme in {"http", "https", "tg", "ton"} and bool(rest))
