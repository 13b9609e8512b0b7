"""Videos of one order in every state that rules allow, as a person's screens find them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html.parser import HTMLParser
from typing import Any, Final

from hypothesis import strategies as st

from bot.buttons import order_id
from domain import job
from domain import job_words as w
from domain.account_words import CreditCaptured, CreditRefunded
from domain.failures import FailureClass
from domain.feedback import Progress, Stage, progress_of
from domain.job_states import INITIAL
from domain.reasons import Reason
from domain.refusals import Refusal
from domain.settlement import SETTLED_BY
from domain.shapes import Event, Forgotten
from domain.shown import JobStanding, Wait
from tests.domain import samples as s
from tests.domain.moves import moves

ORDER: Final = order_id(bot=7_000_000_001, chat=s.ME, message=1001)
PRICE: Final = 2
PRODUCTS: Final = st.one_of(
    st.none(), st.just(Forgotten()), st.sampled_from(["кофе", "a <b>mug</b> & 'more'", "x" * 5_000]), st.text()
)
WAITS: Final = st.builds(Wait, st.integers(1, 100_000), st.none() | st.integers(0, 100_000))

Life = list[Event]


def standing(
    progress: Progress, *, index: int = 0, count: int = 1, ended_at: datetime | None = None, **fields: Any
) -> JobStanding:
    """Video `index` of the order, when its person has heard so much of it."""
    return JobStanding(
        job=f"{ORDER}.{index}",
        queued=s.queued(**{"order": ORDER, "index": index, "count": count, "price": PRICE, **fields}),
        progress=progress,
        file=progress.late,
        file_id=None,
        ended_at=ended_at,
    )


def progress_in(stage: Stage, *, reason: Reason = Reason.SERVICE, refunded: bool = True, attempt: int = 1) -> Progress:
    """A progress in that stage; a failed or cancelled video's credits are back unless said otherwise."""
    is_void = stage in {Stage.FAILED, Stage.CANCELLED}
    return Progress(
        stage=stage,
        attempt=attempt,
        reason=reason if stage is Stage.FAILED else None,
        refunded=PRICE if is_void and refunded else None,
        captured=stage in {Stage.READY, Stage.MAYBE_SENT},
    )


@st.composite
def lives(draw: st.DrawFn, index: int, count: int, product: str | Forgotten | None) -> Life:
    """Everything that happens to one video, as far as it came: its settlement, and late videos after that."""
    events: Life = [s.queued(order=ORDER, index=index, count=count, price=PRICE, product_text=product)]
    state = job.evolve(INITIAL, s.queued(order=ORDER, index=index, count=count, price=PRICE, product_text=product))
    failure, outcome = draw(st.sampled_from(FailureClass)), draw(st.sampled_from(w.Outcome))
    for _ in range(draw(st.integers(0, 18))):
        wishes = moves(state, s.NOON, failure=failure, outcome=outcome)
        try:
            happened = job.decide(draw(st.sampled_from(wishes)), state)
        except Refusal:
            continue
        for event in happened:
            state = job.evolve(state, event)
            is_failure = isinstance(event, w.JobFailed)
            events.append(event.model_copy(update={"reason": draw(st.sampled_from(Reason))}) if is_failure else event)
            if isinstance(event, SETTLED_BY):
                events.append(_settled(event, index))
    if draw(st.booleans()) and isinstance(events[-1], CreditCaptured | CreditRefunded):
        events.pop()
    return events


def _settled(end: Event, index: int) -> Event:
    settled = s.captured if isinstance(end, w.VideoDelivered) else s.refunded
    return settled(f"{ORDER}.{index}", s.part("g1", PRICE))


@st.composite
def orders(draw: st.DrawFn) -> list[Life]:
    """The lives of an order's videos, by index."""
    count, product = draw(st.sampled_from([1, 3, 5])), draw(PRODUCTS)
    return [draw(lives(index, count, product)) for index in range(count)]


def standings(lives_so_far: Sequence[Sequence[Event]]) -> list[JobStanding]:
    """The order's videos after these events."""
    return [_standing(life) for life in lives_so_far]


def _standing(life: Sequence[Event]) -> JobStanding:
    queued, progress = life[0], progress_of(life)
    assert isinstance(queued, w.JobQueued)
    ended = s.NOON if any(isinstance(event, SETTLED_BY) for event in life) else None
    return JobStanding(f"{ORDER}.{queued.index}", queued, progress, progress.late, None, ended)


class Html(HTMLParser):
    """Reads a text as the messenger does. `words` are what a person reads; `open` the tags that are not closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens. The texts use no other than bold."""
        assert (tag, attrs) == ("b", []), tag
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """The tag that was opened last closes."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Words."""
        self.words += data


def read(html: str) -> str:
    """What a person reads; its tags are balanced and it fits into a message."""
    parsed = Html(html)
    assert parsed.open == []
    assert 0 < len(parsed.words.encode("utf-16-le")) // 2 <= 4_096
    return parsed.words
