r"""How a table of words is written: as rules over the plain form of a text (see `domain.failure_words`).

A rule's words are alternatives between bars, found as whole words, in a notation that reads like the texts do:

    violat~             a word that begins so
    image … too large   both, in this order, in one sentence and not far apart (70 characters)
    api key .. revoked  the same, and close together (25 characters)
    (is|was) blocked    brackets group and `?` makes optional, as in regular expressions, which is what becomes of it
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

WITHIN_A_SENTENCE: Final = r"(?:[^.!?;]|[.](?=\w))"
"""A full stop inside a number or a code ends no sentence."""
GAPS: Final = {
    " … ": rf"\b{WITHIN_A_SENTENCE}{{0,70}}?\b",
    " .. ": rf"\b{WITHIN_A_SENTENCE}{{0,25}}?\b",
}
NEW_LINE: Final = re.compile(r"\s*\n\s*(\|?) ?")
BRACKET: Final = re.compile(r"\((?!\?)")
SENTENCE_END: Final = re.compile(r"(?<=\w\w[.!?;]) |(?<=[)'][.!?;]) ")
"""Not after `e.g.`"""


class Rule(NamedTuple):
    """Holds when `words` are found and `unless` are not, in one sentence or in the whole."""

    words: re.Pattern[str]
    unless: re.Pattern[str] | None

    def holds(self, text: str) -> bool:
        """Whether the plain text says so."""
        if not self.words.search(text):
            return False
        return self.unless is None or any(
            self.words.search(part) and not self.unless.search(part) for part in (text, *SENTENCE_END.split(text))
        )


def says(rules: Iterable[Rule], text: str) -> bool:
    """Whether one of the rules holds."""
    return any(rule.holds(text) for rule in rules)


def words(*alternatives: str) -> re.Pattern[str]:
    """The alternatives, written as the module says, as whole words."""
    return re.compile(rf"\b(?:{'|'.join(map(_expression, alternatives))})(?!\w)")


def parts(*alternatives: str) -> re.Pattern[str]:
    """The same, found inside words too: for scripts that set no blanks, and for endings that vary."""
    return re.compile("|".join(map(_expression, alternatives)))


def rule(*alternatives: str, unless: str | None = None) -> Rule:
    """Any of the alternatives, without the exceptions."""
    return Rule(words(*alternatives), None if unless is None else words(unless))


def any_of(alternatives: str) -> str:
    """The alternatives in brackets, to be used inside others."""
    return f"({_on_one_line(alternatives)})"


def near(first: str, second: str, gap: str = "…") -> str:
    """Both, in either order."""
    one, other = any_of(first), any_of(second)
    return f"{one} {gap} {other}|{other} {gap} {one}"


def _on_one_line(text: str) -> str:
    return NEW_LINE.sub(lambda found: found.group(1) or " ", text.strip())


def _expression(text: str) -> str:
    text = _on_one_line(text).replace(" | ", "|").replace("~", r"\w*")
    for sign, gap in GAPS.items():
        text = text.replace(sign, gap)
    return BRACKET.sub("(?:", text)
