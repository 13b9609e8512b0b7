"""Links that open one file for a while, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.storage.links import LinkFault, Links
from adapters.storage.names import NameRefused

KEY = bytes(range(32))
NAME = "inputs/42/5f1c.jpg"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LINKS = Links(KEY)


def parts(link: str) -> tuple[str, str, str]:
    """The name, the expiry and the signature in a link."""
    address = urlsplit(link)
    query = parse_qs(address.query)
    assert sorted(query) == ["expires", "signature"]
    return address.path.removeprefix("/storage/"), query["expires"][0], query["signature"][0]


def opens(link: str, *, at: datetime = NOW, links: Links = LINKS) -> LinkFault | None:
    name, expires, signature = parts(link)
    return links.verify(name, expires=expires, signature=signature, now=at)


def test_a_link_opens_its_file_until_it_expires() -> None:
    link = LINKS.sign(NAME, NOW, for_s=60)
    assert opens(link) is None
    assert opens(link, at=NOW + timedelta(seconds=59)) is None
    assert opens(link, at=NOW + timedelta(seconds=60)) is LinkFault.EXPIRED


def test_a_link_needs_no_quoting() -> None:
    name = "inputs/42/a:b+c=d-e_f.jpg"
    link = LINKS.sign(name, NOW, for_s=60)
    assert parts(link)[0] == name
    assert opens(link) is None


def test_another_key_signs_other_links() -> None:
    assert opens(LINKS.sign(NAME, NOW, for_s=60), links=Links(bytes(32))) is LinkFault.WRONG


def test_an_expired_link_of_somebody_else_is_wrong_rather_than_expired() -> None:
    later = NOW + timedelta(days=1)
    assert opens(Links(bytes(32)).sign(NAME, NOW, for_s=60), at=later) is LinkFault.WRONG


def test_a_key_is_long() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Links(b"short")


def test_what_is_no_name_is_not_signed() -> None:
    with pytest.raises(NameRefused):
        LINKS.sign("inputs/../secrets", NOW, for_s=60)


@given(st.sampled_from(["name", "expires", "signature"]), st.text() | st.from_regex(r"[0-9]{1,13}", fullmatch=True))
@example("expires", f"{int(NOW.timestamp()) + 61}")
@example("expires", f"0{int(NOW.timestamp()) + 60}")
@example("expires", f" {int(NOW.timestamp()) + 60}")
@example("signature", "")
@example("signature", "é")
@example("signature", "\ud800")
@example("name", "inputs/42/5f1d.jpg")
@example("name", "\ud800")
def test_no_part_of_a_link_can_be_exchanged(part: str, other: str) -> None:
    fields = dict(zip(("name", "expires", "signature"), parts(LINKS.sign(NAME, NOW, for_s=60)), strict=True))
    exchanged = fields | {part: other}
    if exchanged != fields:
        assert LINKS.verify(**exchanged, now=NOW) is LinkFault.WRONG


def test_no_character_of_a_signature_can_be_exchanged() -> None:
    name, expires, signature = parts(LINKS.sign(NAME, NOW, for_s=60))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/"
    tried = 0
    for place, right in enumerate(signature):
        for other in set(alphabet) - {right}:
            forged = signature[:place] + other + signature[place + 1 :]
            assert LINKS.verify(name, expires=expires, signature=forged, now=NOW) is LinkFault.WRONG
            tried += 1
    assert tried == 43 * 66
