"""The script of a video without its writer: what is made of an answer, and what stands in when there is none.

Lengths in characters. A person's words are cleaned and shortened here, never interpreted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple
from unicodedata import category, name

from domain.outside import ScriptWish
from domain.templates import Template

PRODUCT_MAX: Final = 200
WISHES_MAX: Final = 400
"""So much of a person's text goes into a script made of a template, whose own words come first."""
THE_PRODUCT: Final = "the product"
WITHOUT_TEMPLATE: Final = (
    "{product} stands alone in the centre of a clean scene. The camera moves in slowly, soft light glides over it, and"
    " its details come into view."
)
LETTERS_MIN: Final = 20
FOREIGN_SHARE_MAX: Final = 5
"""One letter in so many may be of another alphabet: brands are quoted as they are written."""

SENTENCE_END: Final = re.compile(r"""[.!?…]["'”’»)]*(?=\s|$)""")
FENCE: Final = re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE)
MARKS: Final = re.compile(r"\*\*|__|`|^\s*(?:#+|[-*•>])\s+", re.MULTILINE)
LABEL: Final = re.compile(
    r"^(?:here(?:'s| is)[^.:\n]{0,60}|(?:the |video |final )*(?:script|prompt|scene))\s*:\s*", re.IGNORECASE
)
JOINERS: Final = "\u200c\u200d"
"""They hold emoji and some scripts' letters together."""
QUOTES: Final = (('"', '"'), ("'", "'"), ("“", "”"), ("«", "»"))
REFUSAL: Final = re.compile(
    r"^(?:i['’]?m (?:very |so )?sorry|i am (?:very |so )?sorry|sorry\b|unfortunately,? i|as an ai\b"
    r"|i (?:can['’]?t|can ?not|am unable|won['’]?t|will not)|i['’]m (?:unable|not able))",
    re.IGNORECASE,
)


class Language(NamedTuple):
    """What scripts are written in. `alphabet` as Unicode names its letters: LATIN, CYRILLIC."""

    name: str
    alphabet: str


ENGLISH: Final = Language("English", "LATIN")


def cleaned(text: str) -> str:
    """The text on one line, without control characters and lone surrogates, which no service and no store takes."""
    kept = (" " if one.isspace() else one for one in text)
    return " ".join("".join(one for one in kept if one in JOINERS or category(one)[0] != "C").split())


def shortened(text: str, length_max: int) -> str:
    """At most so many characters: up to the end of a sentence, else of a word, else cut."""
    text = text.strip()
    if len(text) <= length_max:
        return text
    sentences = whole_sentences(text[:length_max])
    if len(sentences) * 2 >= length_max:
        return sentences
    words = text[: length_max + 1].rpartition(" ")[0].rstrip(" ,;:-–—(")
    return words or text[:length_max].rstrip()


def whole_sentences(text: str) -> str:
    """The text up to its last end of a sentence; empty when it has none."""
    ends = [found.end() for found in SENTENCE_END.finditer(text)]
    return text[: ends[-1]] if ends else ""


def without_dressing(text: str) -> str:
    """The answer's own words: no mark-up, no quotes around it, no `Script:` before it, on one line."""
    text = cleaned(MARKS.sub("", FENCE.sub("", text)))
    text = LABEL.sub("", text)
    for left, right in QUOTES:
        if len(text) > 1 and text.startswith(left) and text.endswith(right):
            text = text[1:-1].strip()
    return text


def is_refusal(text: str) -> bool:
    """Whether the answer says no instead of being a script."""
    return bool(REFUSAL.match(text))


def is_written_in(text: str, language: Language) -> bool:
    """Whether the text has letters enough to be a script, nearly all of them of the language's alphabet."""
    letters = [one for one in text if one.isalpha()]
    foreign = sum(not name(one, "").startswith(language.alphabet) for one in letters)
    return len(letters) >= LETTERS_MIN and foreign * FOREIGN_SHARE_MAX <= len(letters)


def script_from_template(wish: ScriptWish, template: Template | None) -> str:
    """The script when nobody writes one: the template's words, or the person's own prompt, the product and wishes."""
    product = shortened(cleaned(wish.product_text or ""), PRODUCT_MAX).rstrip(".! ")
    prompt = cleaned(wish.prompt or "")
    wishes = shortened(cleaned(wish.wishes or ""), WISHES_MAX)
    if template is not None:
        told = [template.script_for(product or THE_PRODUCT), prompt, wishes]
    elif prompt:
        told = [prompt, product and f"The product: {product}", wishes]
    else:
        told = [WITHOUT_TEMPLATE.replace("{product}", product or THE_PRODUCT), wishes]
    return shortened(" ".join(_sentences(told)), wish.length_max)


def _sentences(told: Iterable[str]) -> list[str]:
    return [text[:1].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".") for text in told if text]
