"""Brings the text of a failure into one plain form, so that the tables ask for words and not for spellings.

Plain form: small letters, straight apostrophes, one blank between words, `n't` as ` not`, no mark-up, no numbers (they
are sizes, times and ids, never codes); the words of a code lie apart (`SensitiveContentDetected`,
`content_policy_violation`), whichever way they were glued together. What a text denies (`no credits were charged`) is
taken out: it is not what went wrong.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

READ_MAX: Final = 8_000
"""Characters that are looked at; what went wrong is said before."""

APOSTROPHES: Final = re.compile("[\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u0060\u00b4\uff07]")
MARK_UP: Final = re.compile(r"<[!/a-zA-Z][^<>]{0,300}>")
ESCAPES: Final = re.compile(r"\\[nrt]")
HUMPS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
JOINTS: Final = re.compile(r"[\s_\-\u2010-\u2015/\\|*\"]+")
NUMBERS: Final = re.compile(r"\([1-9]\d*\)|\b[1-9]\d*\b")
LONG_WORD: Final = re.compile(r"[a-z]{9,}")
NOT: Final = re.compile(r"\b(do|does|did|is|are|was|were|has|have|had|could|would|should|ca|wo)n'?t\b")

PIECES: Final = """
    account active again ai arrears audio balance billing blocked burst capacity character code concurrent
    connection contains content context copyright credit credits data denied detected disabled disconnected empty
    endpoint enough error exceeded exception exhausted expired face failed failure fast filter forbidden found
    frequency funds gateway generation hard harmful image information input inspection insufficient internal invalid
    large limit limited loading many media minor missing model moderation network no not open output overdue
    overloaded parameter payment people permission person policy privacy prohibited prominent prompt public quota
    rate reached refused request requests reset resource response responsible restrictions risk rpm safety sensitive
    server service size slow suspended system task temporary text throttling timeout too tpm triggered unavailable
    unsafe unsupported upload usage user video violation violations
"""
"""What codes are glued of. A long word that is made of these entirely is taken apart."""
GLUED: Final = re.compile("|".join(sorted(PIECES.split(), key=len, reverse=True)))

DENIED: Final = re.compile(
    r"""
      \b(?:not|never|without)\ (?:(?:been|be|found|to|considered|a|an|any|the|our|due|because|of|related|caused|by
          |content|usage|safety|policy|rate)\ ){0,4}
          (?:violat\w+|breach\w*|flagged|charged|billed|deducted|debited|rate\ limit\w*|billing|moderation)\b
          (?:\ (?:any|the|our|your|a|of)){0,2}(?:\ (?:content|usage|safety|community))?
          (?:\ (?:polic(?:y|ies)|guidelines?|rules?|issues?|credits?|balance|account))?
    | \bno\ (?:\w+\ ){0,2}(?:violations?|charges?)\b(?!\ id)
    | \bno\ (?:\w+\ )?(?:credits?|points|tokens|funds)\ (?:\w+\ ){0,2}
          (?:charged|deducted|used|consumed|spent|taken|lost)\b
    | \b(?:credits?|points|tokens|balance|funds|payment|money|cost)\ (?:\w+\ ){0,3}
          (?:refund\w*|return\w*|restored|reimbursed|given\ back)\b
    | \b(?:refund\w*|return\w*|restor\w+|reimburs\w+)\ (?:\w+\ ){0,3}(?:credits?|points|tokens|balance|account|wallet)\b
    """,
    re.VERBOSE,
)


def plain(text: str) -> str:
    """The text in plain form, without what it denies."""
    text = MARK_UP.sub(" ", normalize("NFKC", text[:READ_MAX]))
    text = ESCAPES.sub(" ", APOSTROPHES.sub("'", text))
    text = HUMPS.sub(" ", text).casefold()
    text = (
        NOT.sub(r"\1 not", text).replace("cannot", "can not").replace("ca not", "can not").replace("wo not", "will not")
    )
    text = LONG_WORD.sub(_apart, NUMBERS.sub(" ", JOINTS.sub(" ", text)))
    return " ".join(DENIED.sub(" ", text).split())


def _apart(word: re.Match[str]) -> str:
    pieces = GLUED.findall(word.group())
    return " ".join(pieces) if sum(map(len, pieces)) == len(word.group()) else word.group()
