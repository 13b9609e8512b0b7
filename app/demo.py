"""The demo's house: the whole company with sandboxes outside, photos from a folder, and mishaps on cue.

Nothing that is set reaches it but where the database is: no key of a real service, no address, no storage.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TextIO

import av
import structlog

from adapters.sandbox.kie_faults import Fault as VideoFault
from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from adapters.sandbox.openai_faults import error
from adapters.sandbox.openai_sandbox import OpenAISandbox
from adapters.sandbox.sender import Fault as SendFault
from adapters.sandbox.sender import FolderSender, Refuse
from adapters.scripts.openai_writer import RETRIES_MAX
from adapters.storage.files import Storage
from adapters.storage.photos import AS_PHOTOGRAPHED, check_photo
from admin.office import WrongUse
from admin.props import Film, KeptPhoto, Mishap
from admin.story import play
from app.catalogue import packaged_catalogue
from app.company import Instead, company_at
from app.database import Place
from app.desk import office_on
from app.outside import PLAY_KEY
from app.settings import Settings
from domain.failures import FailureClass
from domain.photo import Photo, PhotoFault, PhotoRefused, name_of
from processors.clock import FastClock
from processors.offers import Offers
from processors.pipeline import Pipeline

PACKAGED_PHOTOS: Final = Path(__file__).with_name("photos")
SPEED: Final = 5
"""Rests of 10 s take two."""

TASK_S: Final = 2
FILM_S: Final = 3
STOP_WITHIN_S: Final = 5

A_PERSON: Final = "person"
"""The sandbox cannot see whom a photo shows: the file's name tells it."""

REAL_PERSON: Final = VideoFault(
    endpoint="upload", fail_code="400", fail_msg="The uploaded image contains a real person."
)
OVERLOADED: Final = VideoFault(
    fail_code="500", fail_msg="The service is overloaded at the moment, please try again later", nth=1
)
ANSWER_LOST: Final = VideoFault(handled=True, garbage="html", status=502, nth=1)
WRITER_DOWN: Final = error(503, "The server is overloaded").model_copy(update={"times": RETRIES_MAX + 1})

ON_CUE: Final = (
    *("script not written", "task creation unanswered", "model switched off"),
    "generation needs an operator",
)
"""What operators would be warned of, and the story arranges."""


async def demo(place: Place, settings: Settings, *, photos: Path | None, out: Path | None, screen: TextIO) -> int:
    """Plays the story with the photos of a folder, the packaged ones without any, and delivers into `out`.

    Returns its exit code. Raises WrongUse, and what opening the database raises.
    """
    assert place.data_dir is not None, "made-up accounts belong in a database of our own"
    out = _made(out or place.data_dir / "delivered")
    _take_mishaps_for_granted()
    kie = KieSandbox(KieSandboxSettings(keys={PLAY_KEY: "sandbox"}, latency_s=TASK_S, length_max_s=FILM_S))
    openai, send_faults = OpenAISandbox(), dict[tuple[str, int], SendFault]()

    def played(usual: Pipeline) -> Pipeline:
        assert isinstance(usual.files, Storage)
        return replace(usual, clock=FastClock(SPEED), sender=FolderSender(usual.files, out, send_faults))

    own = Settings.model_construct(
        data_dir=place.data_dir,
        data_key=settings.data_key,
        shards=settings.shards,
        http_port=0,
        shutdown_s=STOP_WITHIN_S,
    )
    with TemporaryDirectory(prefix="neurocards-no-photos-") as spoiled:
        files = _photos_in(photos or PACKAGED_PHOTOS, spoiled=Path(spoiled))
        screen.write(
            f"KIE and OpenAI are sandboxes on this machine; videos are delivered into {out}\n"
            f"Rests between attempts are shown {SPEED} times as fast\n\n"
        )
        instead = Instead(kie=kie, openai=openai, pipeline=played)
        async with (
            company_at(place, own, web=True, work=True, instead=instead) as company,
            office_on(company.store) as office,
        ):
            offers, storage = company.plant.pipeline.offers, company.plant.storage
            house = House(files, storage, offers, kie=kie, openai=openai, send_faults=send_faults, out=out)
            return await play(office, packaged_catalogue(), house, screen)


class House:
    """The story's props."""

    def __init__(
        self,
        files: Sequence[Path],
        storage: Storage,
        offers: Offers,
        *,
        kie: KieSandbox,
        openai: OpenAISandbox,
        send_faults: dict[tuple[str, int], SendFault],
        out: Path,
    ) -> None:
        self._files = files
        self._storage = storage
        self._offers = offers
        self._kie = kie
        self._openai = openai
        self._send_faults = send_faults
        self._out = out

    def photos(self) -> Sequence[Path]:
        """The files that are sent as photos, in order."""
        return self._files

    async def keep(self, account: int, photo: Path) -> KeptPhoto | PhotoRefused:
        """Checks the file and keeps it, if it is a photo. The sandbox will refuse it, if it is a person's."""
        checked = await asyncio.to_thread(_checked, photo)
        if isinstance(checked, PhotoRefused):
            return checked
        name = name_of(checked, account=account)
        await self._storage.write(name, checked.jpeg)
        if A_PERSON in photo.stem.lower():
            seen = checked.jpeg.decode(errors="replace")  # as the script of faults reads an upload
            self._kie.faults.add(REAL_PERSON.model_copy(update={"contains": seen}))
        return KeptPhoto(name, checked.width, checked.height)

    def arrange(self, mishap: Mishap, job: str) -> None:
        """Writes it into the script of the service that it happens to."""
        only_this = {"contains": f"/{job}/"}  # a part of the address for the task's callback
        match mishap:
            case Mishap.OVERLOADED:
                self._kie.faults.add(OVERLOADED.model_copy(update=only_this))
            case Mishap.ANSWER_LOST:
                self._kie.faults.add(ANSWER_LOST.model_copy(update=only_this))
            case Mishap.WRITER_DOWN:
                self._openai.faults.add(WRITER_DOWN)
            case Mishap.SEND_FAILS:
                self._send_faults[job, 1] = Refuse(FailureClass.TEMPORARY)

    def tasks_of(self, job: str) -> int:
        """How many tasks the video service made for the job."""
        return sum(f"/{job}/" in (task.order.callback_url or "") for task in self._kie.tasks.values())

    async def is_off(self, model: str) -> bool:
        """Whether the model is switched off at the moment."""
        return await self._offers.is_off(model)

    async def film(self, account: int, job: str) -> Film:
        """The job's video, opened."""
        return await asyncio.to_thread(_seen, self._out / str(account) / f"{job}.mp4")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        msg = f"{folder} cannot be made: {failure.strerror}"
        raise WrongUse(msg) from failure
    return folder.resolve()


def _photos_in(folder: Path, *, spoiled: Path) -> list[Path]:
    """The files of the folder, and three that are no photos: an empty one, a letter, and the first one cut in half."""
    try:
        files = sorted(
            file for file in folder.iterdir() if file.is_file() and not file.name.startswith((".", "README"))
        )
    except OSError as failure:
        msg = f"{folder} cannot be read: {failure.strerror}"
        raise WrongUse(msg) from failure
    (spoiled / "empty.jpg").touch()
    (spoiled / "letter.jpg").write_text("Здравствуйте! Фото пришлю завтра.\n", encoding="utf-8")
    if files:
        whole = _read(files[0])
        (spoiled / f"half_of_{files[0].name}").write_bytes(whole[: len(whole) // 2])
    return [*files, *sorted(spoiled.iterdir())]


def _read(file: Path) -> bytes:
    """As much of it as may be a photo, and a byte more."""
    try:
        with file.open("rb") as opened:
            return opened.read(AS_PHOTOGRAPHED.size_bytes_max + 1)
    except OSError as failure:
        msg = f"{file} cannot be read: {failure.strerror}"
        raise WrongUse(msg) from failure


def _checked(file: Path) -> Photo | PhotoRefused:
    checked = check_photo(_read(file))
    if isinstance(checked, PhotoRefused) and checked.fault is PhotoFault.TOO_LARGE:
        return checked._replace(was=file.stat().st_size)
    return checked


def _seen(path: Path) -> Film:
    with av.open(str(path), "r") as film:
        stream = film.streams.video[0]
        assert film.duration is not None, "a film has an end"
        return Film(path, path.stat().st_size, film.duration / av.time_base, stream.width, stream.height)


def _take_mishaps_for_granted() -> None:
    """Keeps what the story arranges out of the log, which is on the same screen."""

    def drop(_logger: object, _method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if entry["event"] in ON_CUE:
            raise structlog.DropEvent
        return entry

    structlog.configure(processors=[drop, *structlog.get_config()["processors"]])
