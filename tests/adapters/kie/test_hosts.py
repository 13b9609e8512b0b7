"""Which addresses are asked for videos: no spelling leads to a host that is not known."""

from __future__ import annotations

from contextlib import suppress

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.kie.hosts import KnownHosts, NotAdmitted

KNOWN = KnownHosts(["aiquickdraw.com", "Kie.AI.", "127.0.0.1"])
SEEN_AT = httpx.URL("https://file.aiquickdraw.com/a/b.mp4")


@pytest.mark.parametrize(
    "url",
    [
        "https://aiquickdraw.com/x.mp4",
        "https://file.aiquickdraw.com/x.mp4?a=1",
        "https://FILE.AiQuickDraw.com.:443/x.mp4",
        "https://a.b.kie.ai/",
        "http://127.0.0.1:8080/x.mp4",
        "https://127.0.0.1:8443/x.mp4",
    ],
)
def test_a_known_host_and_its_subdomains_are_asked(url: str) -> None:
    assert str(KNOWN.admitted(url)).split("/")[0] == url.split("/", maxsplit=1)[0].lower()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x.mp4",
        "https://file.aiquickdraw.com.evil.example/x.mp4",
        "https://evilaiquickdraw.com/x.mp4",
        "https://aiquickdraw.com@evil.example/x.mp4",
        "https://evil.example#aiquickdraw.com",
        "https://evil.example?.aiquickdraw.com",
        "https://evil.example\\.aiquickdraw.com/",
        "https://127.0.0.2/x.mp4",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/x.mp4",
        "http://localhost/x.mp4",
        "file:///etc/passwd",
        "//evil.example/x.mp4",
        "data:video/mp4;base64,AAAA",
        "relative/x.mp4",
        "",
    ],
)
def test_an_address_elsewhere_is_not(url: str) -> None:
    with pytest.raises(NotAdmitted):
        KNOWN.admitted(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://file.aiquickdraw.com/x.mp4",
        "ftp://file.aiquickdraw.com/x.mp4",
        "ftp://127.0.0.1/x.mp4",
        "https://user@file.aiquickdraw.com/x.mp4",
        "https://user:word@127.0.0.1/x.mp4",
        "https://file.aiquickdraw.com:8443/x.mp4",
        "https://file.aiquickdraw.com:99999999/x.mp4",
    ],
)
def test_a_known_host_is_asked_over_plain_https_only(url: str) -> None:
    with pytest.raises(NotAdmitted):
        KNOWN.admitted(url)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("/c.mp4", "https://file.aiquickdraw.com/c.mp4"),
        ("c.mp4", "https://file.aiquickdraw.com/a/c.mp4"),
        ("//kie.ai/c.mp4", "https://kie.ai/c.mp4"),
        ("https://127.0.0.1/c.mp4", "https://127.0.0.1/c.mp4"),
    ],
)
def test_a_redirect_may_be_relative_to_where_it_was_seen(url: str, address: str) -> None:
    assert KNOWN.admitted(url, seen_at=SEEN_AT) == address


@pytest.mark.parametrize(
    "url", ["//evil.example/c.mp4", "http:/c.mp4", "https://evil.example", "http://kie.ai/", "\x00"]
)
def test_a_redirect_elsewhere_is_not_admitted(url: str) -> None:
    with pytest.raises(NotAdmitted):
        KNOWN.admitted(url, seen_at=SEEN_AT)


@settings(max_examples=1000)
@given(
    st.text(st.characters(codec=None), max_size=60)
    | st.from_regex(r"https?://[a-z0-9.@:\[\]%#?/\\-]{0,40}", fullmatch=True)
    | st.builds("https://{}.aiquickdraw.com{}/x".format, st.text(max_size=8), st.text(max_size=8)),
    st.sampled_from((None, SEEN_AT)),
)
def test_no_spelling_leads_elsewhere(url: str, seen_at: httpx.URL | None) -> None:
    with suppress(NotAdmitted):
        host = httpx.Request("GET", KNOWN.admitted(url, seen_at=seen_at)).headers["Host"].partition(":")[0]
        assert host.rstrip(".").split(".")[-2:] in (["aiquickdraw", "com"], ["kie", "ai"]) or host == "127.0.0.1"
