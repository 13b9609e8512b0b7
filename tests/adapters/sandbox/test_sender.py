"""Delivery into a folder: what arrives, what does not, and what is said about it."""

from __future__ import annotations

from pathlib import Path

from adapters.sandbox.sender import Delivery, Fault, FolderSender, Refuse, Vanish
from adapters.storage.files import Storage, open_storage
from domain.failures import FailureClass
from domain.outside import MaybeSent, NotSent, Sent, Trouble
from processors.services import Sender

VIDEO = b"\x00\x00\x00\x18ftypisom and a picture that moves"
FILE = "outputs/42/b7.42.1001.0.mp4"
JOB = "b7.42.1001.0"


async def filled(folder: Path) -> Storage:
    storage = open_storage(str(folder / "storage"))
    await storage.write(FILE, VIDEO)
    return storage


def arrived(folder: Path) -> dict[str, bytes]:
    """The files in the folder of deliveries, whole ones and others."""
    out = folder / "out"
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


async def test_a_sent_video_lies_in_its_accounts_folder(tmp_path: Path) -> None:
    sender: Sender = FolderSender(await filled(tmp_path), tmp_path / "out")
    assert isinstance(await sender.send(42, job=JOB, file=FILE, attempt=1), Sent)
    assert arrived(tmp_path) == {f"42/{JOB}.mp4": VIDEO}


async def test_attempts_fail_as_the_script_says(tmp_path: Path) -> None:
    faults: dict[tuple[str, int], Fault] = {
        (JOB, 1): Refuse(FailureClass.RATE_LIMIT, "too many requests", retry_after_s=7),
        (JOB, 2): Vanish(written=False),
        (JOB, 3): Vanish(written=True),
        ("another", 4): Refuse(FailureClass.UNKNOWN),
    }
    sender = FolderSender(await filled(tmp_path), tmp_path / "out", faults)
    trouble = Trouble(FailureClass.RATE_LIMIT, "too many requests")
    assert await sender.send(42, job=JOB, file=FILE, attempt=1) == NotSent(trouble, retry_after_s=7)
    assert isinstance(await sender.send(42, job=JOB, file=FILE, attempt=2), MaybeSent)
    assert arrived(tmp_path) == {}
    assert isinstance(await sender.send(42, job=JOB, file=FILE, attempt=3), MaybeSent)
    assert arrived(tmp_path) == {f"42/{JOB}.mp4": VIDEO}
    assert isinstance(await sender.send(42, job=JOB, file=FILE, attempt=4), Sent)
    arrivals = (False, False, True, True)
    assert sender.deliveries == [
        Delivery(42, JOB, FILE, attempt=number, arrived=came) for number, came in enumerate(arrivals, start=1)
    ]


async def test_a_video_that_is_gone_is_not_sent(tmp_path: Path) -> None:
    sender = FolderSender(open_storage(str(tmp_path / "storage")), tmp_path / "out")
    answer = await sender.send(42, job=JOB, file=FILE, attempt=1)
    assert answer == NotSent(Trouble(FailureClass.UNKNOWN, "the stored video is gone"))
    assert sender.deliveries == []


async def test_storage_that_does_not_answer_is_a_send_to_repeat(tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "outputs").write_bytes(b"a file where a folder should be")
    sender = FolderSender(open_storage(str(tmp_path / "storage")), tmp_path / "out")
    answer = await sender.send(42, job=JOB, file=FILE, attempt=1)
    assert isinstance(answer, NotSent)
    assert answer.trouble.failure is FailureClass.TEMPORARY
