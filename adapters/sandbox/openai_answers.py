"""What the OpenAI sandbox answers: complaints about a request, or a script for a video made from its words."""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Collection, Iterator
from typing import Any, Final
from zlib import crc32

from adapters.sandbox.openai_faults import Fault, error_body

IMAGE_STARTS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"RIFF")
DATA_URL: Final = re.compile(r"data:image/(?:jpeg|png|gif|webp);base64,(.*)", re.DOTALL)
PLAIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9 '&-]{1,60}")
NAME: Final = re.compile(r"[^\W\d_][\w '&-]{1,23}(?!\w)")
"""The beginning of what a product is called, in any alphabet: so much of it that the script is still English."""
CREATED: Final = 1_767_225_600

SCENES: Final = (
    "stands on pale stone in soft morning light",
    "rests on a dark, polished surface under a single warm lamp",
    "waits on a wooden table beside an open window",
    "stands on a round podium in front of a calm, even backdrop",
)
MOVES: Final = (
    "The camera glides closer without a cut until the finest details fill the frame.",
    "The camera circles half way around it while highlights travel along its edges.",
    "The camera rises slowly and looks down on it as the shadows grow longer.",
    "The camera slides sideways past blurred leaves, and the focus settles on it.",
)
ENDS: Final = (
    "Light dust sparkles in the air, and the shot ends on a steady close-up.",
    "A soft breeze moves the background, and the shot ends in perfect stillness.",
    "The light turns golden, and the shot ends with the whole product in view.",
)


def complaint(authorization: str, asked: object, *, keys: Collection[str] | None) -> tuple[int, dict[str, Any] | None]:
    """HTTP status and error body if the request is not in order, else 200 and None."""
    key = authorization.removeprefix("Bearer ")
    if not key or not authorization.startswith("Bearer "):
        return 401, _wrong("You didn't provide an API key.", code=None)
    if keys is not None and key not in keys:
        return 401, _wrong("Incorrect API key provided.", code="invalid_api_key")
    if not isinstance(asked, dict):
        return 400, _wrong("We could not parse the JSON body of your request.", code=None)
    if not isinstance(asked.get("model"), str):
        return 400, _wrong("you must provide a model parameter", code=None)
    messages = asked.get("messages")
    if not isinstance(messages, list) or not messages:
        return 400, _wrong(
            "Missing required parameter: 'messages'.", code="missing_required_parameter", param="messages"
        )
    if not all(map(_is_an_image, _image_urls(messages))):
        said = "The image data you provided does not represent a valid image. Please check your input and try again."
        return 400, _wrong(said, code="invalid_image_format")
    return 200, None


def completion(asked: dict[str, Any], fault: Fault, *, number: int) -> dict[str, Any]:
    """The answer to a request that is in order, with what the fault bends."""
    words = " ".join(_texts(asked["messages"]))
    content = fault.content if fault.content is not None else None if fault.refusal else script_about(words)
    message = {"role": "assistant", "content": content, "refusal": fault.refusal, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": fault.finish_reason}
    prompt, answer = len(words) // 4, len(str(content)) // 4
    return {
        "id": f"chatcmpl-{crc32(words.encode(errors='replace')):08x}{number:04d}",
        "object": "chat.completion",
        "created": CREATED + number,
        "model": asked["model"],
        "choices": [choice] if fault.choices is None else fault.choices,
        "usage": {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer},
        "service_tier": "default",
        "system_fingerprint": None,
    }


def script_about(words: str) -> str:
    """An English script, always the same for the same words. Names the product if the words tell a name; one of
    another alphabet is quoted."""
    lot = crc32(words.encode(errors="replace"))
    scene, move, end = SCENES[lot % 4], MOVES[lot // 4 % 4], ENDS[lot // 16 % 3]
    return f"{_product(words)} {scene}. {move} {end}"


def _product(words: str) -> str:
    found = re.search(r'\{.*"product".*\}', words, re.DOTALL)
    try:
        product = json.loads(found.group()).get("product") if found else None
    except ValueError:
        product = None
    if not isinstance(product, str):
        return "The product"
    if plain := PLAIN_NAME.match(product):
        return plain.group().strip().capitalize()
    name = NAME.match(product)
    return f"“{name.group().strip()}”" if name else "The product"


def _wrong(message: str, *, code: str | None, param: str | None = None) -> dict[str, Any]:
    return error_body(message, kind="invalid_request_error", code=code, param=param)


def _parts(messages: list[Any]) -> Iterator[dict[str, Any]]:
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, str):
            yield {"type": "text", "text": content}
        elif isinstance(content, list):
            yield from (part for part in content if isinstance(part, dict))


def _texts(messages: list[Any]) -> list[str]:
    return [part["text"] for part in _parts(messages) if isinstance(part.get("text"), str)]


def _image_urls(messages: list[Any]) -> list[str]:
    images = [part.get("image_url") for part in _parts(messages) if part.get("type") == "image_url"]
    return [str(image.get("url")) if isinstance(image, dict) else str(image) for image in images]


def _is_an_image(url: str) -> bool:
    data = DATA_URL.fullmatch(url)
    if data is None:
        return url.startswith("https://")
    try:
        return b64decode(data.group(1), validate=True).startswith(IMAGE_STARTS)
    except binascii.Error:
        return False
