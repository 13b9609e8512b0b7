"""KIE as the pipeline's service of videos. Every answer is a value; nothing that KIE does makes an exception."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import uuid4

import structlog

from adapters.kie import requests, verdicts
from adapters.kie.answers import TaskState, credit_balance, record
from adapters.kie.keys import REFUSED, Key, KeyRing, refuses_key
from adapters.kie.wire import Answered, NeverLeft, NoAnswer, Wire
from domain.catalogue import Endpoint, Model
from domain.failures import FailureClass
from domain.outside import (
    KeyReady,
    KeysResting,
    NoKey,
    NotFound,
    NotTaken,
    StillRunning,
    TaskCreated,
    TaskDead,
    TaskOrder,
    Trouble,
    Unanswered,
    Uploaded,
    VideoMade,
)

UPLOAD: Final = "/api/file-stream-upload"
UPLOAD_FOLDER: Final = "neurocards/photos"
CREDITS: Final = "/api/v1/chat/credit"
PASSING: Final = frozenset({404, 408, 422, 429, 455})
"""Codes of a look-up below 500 that the service's own course brings about; others mean that we ask wrongly."""

log = structlog.get_logger(__name__)


class KieService:
    """Creates tasks and looks them up, with the keys of the ring.

    `models` are the catalogue's, closed ones too: the family of a task's model says where it is looked up. Times in
    seconds, each for connecting or for one exchange.
    """

    def __init__(
        self,
        ring: KeyRing,
        models: Iterable[Model],
        *,
        base_url: str,
        upload_url: str,
        connect_s: float = 30.0,
        create_s: float = 30.0,
        look_up_s: float = 15.0,
        upload_s: float = 60.0,
    ) -> None:
        self._ring = ring
        self._models = {model.id: model for model in models}
        self._base_url = base_url.rstrip("/")
        self._upload_url = upload_url.rstrip("/")
        self._create_s = create_s
        self._look_up_s = look_up_s
        self._upload_s = upload_s
        self._wire = Wire(connect_s=connect_s)

    async def close(self) -> None:
        """Closes the connections."""
        await self._wire.close()

    async def key(self, *, avoid: str | None = None, turn: bool = True) -> KeyReady | KeysResting | NoKey:
        """A key that may create one task now, another one than `avoid` if there is one.

        Its turn is taken, to be used at once; not without `turn`: then it is for what is free.
        """
        return await self._ring.choose(avoid=avoid, turn=turn)

    async def has_another(self, key: str) -> bool:
        """Whether another key than this one could be used now."""
        return await self._ring.has_another(key)

    async def upload(self, photo: bytes, *, key: str) -> Uploaded | NotTaken:
        """Hands KIE a photo (JPEG), which it keeps for a day at least. Costs nothing and may be repeated."""
        chosen = self._ring.key(key)
        if chosen is None:
            return NotTaken(_no_such(key))
        name = f"{uuid4().hex}.jpg"  # the same name twice would show the old photo for a while
        fate = await self._wire.exchange(
            "upload",
            "POST",
            self._upload_url + UPLOAD,
            key=chosen,
            timeout_s=self._upload_s,
            fields={"size_bytes": len(photo)},
            data={"uploadPath": UPLOAD_FOLDER, "fileName": name},
            files={"file": (name, photo, "image/jpeg")},
        )
        if not isinstance(fate, Answered):
            return NotTaken(Trouble(FailureClass.TEMPORARY, fate.message))
        verdict = verdicts.of_upload(*fate, hide=_secrets(chosen))
        if isinstance(verdict, Uploaded):
            return verdict
        if refuses_key(_code(fate), verdict.trouble) and not await self._is_refused(chosen):
            return NotTaken(verdict.trouble._replace(failure=FailureClass.TEMPORARY))
        return await self._refused(chosen, fate, verdict)

    async def create(self, order: TaskOrder, *, key: str) -> TaskCreated | NotTaken | Unanswered:
        """Asks for a task. Costs money: one HTTP request at most, never repeated here."""
        chosen = self._ring.key(key)
        if chosen is None:
            return NotTaken(_no_such(key))
        try:
            request = requests.creation(order)
        except requests.NotOffered as refusal:
            return NotTaken(Trouble(FailureClass.UNKNOWN, str(refusal)))
        fate = await self._create(request, chosen, order.model)
        if isinstance(fate, NeverLeft):
            return NotTaken(Trouble(FailureClass.TEMPORARY, fate.message))
        if isinstance(fate, NoAnswer):
            return Unanswered(fate.message)
        verdict = verdicts.of_creation(*fate, hide=(*_secrets(chosen), order.prompt))
        if isinstance(verdict, NotTaken):
            return await self._refused(chosen, fate, verdict)
        if isinstance(verdict, TaskCreated):
            self._ring.works(key)
        return verdict

    async def look_up(self, task: str, *, model: str, key: str) -> StillRunning | VideoMade | TaskDead | NotFound:
        """How the task is doing, asked with the key that created it, or with another when that is gone."""
        asker = self._ring.key(key) or self._ring.any_key()
        entry = self._models.get(model)
        fate = await self._wire.exchange(
            "look up",
            "GET",
            self._base_url + requests.LOOK_UP[Endpoint.JOBS if entry is None else entry.endpoint],
            key=asker,
            timeout_s=self._look_up_s,
            fields={"task": task},
            params={"taskId": task},
        )
        if not isinstance(fate, Answered):
            return StillRunning()
        _tell_operators(asker, task, fate)
        verdict = verdicts.of_record(*fate, hide=_secrets(asker))
        if isinstance(verdict, NotFound) and asker.label != key:
            return StillRunning()  # another account's key cannot see the task
        return verdict

    async def alive(self, model: str) -> bool:
        """Whether KIE offers the model now; False also when that cannot be told. Takes a turn and costs nothing."""
        entry = self._models.get(model)
        ready = await self._ring.choose()
        if entry is None or not isinstance(ready, KeyReady):
            return False
        chosen = self._ring.key(ready.label)
        assert chosen is not None, "the ring chooses among its own"
        fate = await self._create(requests.probe(entry), chosen, entry)
        return isinstance(fate, Answered) and verdicts.is_alive(*fate)

    async def credits(self, *, key: str) -> float | None:
        """The balance of the key's account in KIE's credits, possibly with a fraction; None when it cannot be told."""
        chosen = self._ring.key(key)
        if chosen is None:
            return None
        fate = await self._ask_for_credits(chosen)
        return credit_balance(fate.envelope) if isinstance(fate, Answered) and fate.envelope is not None else None

    async def _ask_for_credits(self, key: Key) -> Answered | NeverLeft | NoAnswer:
        return await self._wire.exchange("credits", "GET", self._base_url + CREDITS, key=key, timeout_s=self._look_up_s)

    async def _is_refused(self, key: Key) -> bool:
        """Whether KIE itself refuses the key, whatever the host of uploads says: asked in a way that costs nothing."""
        fate = await self._ask_for_credits(key)
        return isinstance(fate, Answered) and _code(fate) in REFUSED

    async def _create(self, request: requests.Request, key: Key, model: Model) -> Answered | NeverLeft | NoAnswer:
        return await self._wire.exchange(
            "create",
            "POST",
            self._base_url + request.path,
            key=key,
            timeout_s=self._create_s,
            fresh=True,
            fields={"model": model.id},
            json=request.body,
        )

    async def _refused(self, key: Key, fate: Answered, refusal: NotTaken) -> NotTaken:
        return NotTaken(await self._ring.judge(key.label, _code(fate), refusal.trouble))


def _tell_operators(key: Key, task: str, fate: Answered) -> None:
    """Of a look-up that was refused. It says nothing of creations: the key goes on."""
    code, answer = _code(fate), fate.envelope
    if answer is None:
        return
    if 400 <= code < 500 and code not in PASSING:
        log.critical("kie refuses to be asked", task=task, key=key.label, code=code)
    found = record(answer)
    if found is not None and code == 200 and found.state is TaskState.UNHEARD_OF:
        log.warning("kie task in an unheard-of state", task=task, state=found.word)


def _code(fate: Answered) -> int:
    """KIE's own code, or HTTP's where KIE did not speak."""
    code = None if fate.envelope is None else fate.envelope.code
    return fate.status if code is None else code


def _secrets(key: Key) -> tuple[str, ...]:
    return (key.secret.get_secret_value(),)


def _no_such(label: str) -> Trouble:
    return Trouble(FailureClass.TEMPORARY, f"there is no key {label} any more")
