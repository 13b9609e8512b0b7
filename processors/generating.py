"""The steps from a queued job to a stored video. Each either writes or calls out.

Before the call that costs money the intent is recorded, then the call is made, then its outcome is recorded. A call
whose outcome is unknown leaves the job as it is, and `next_step` says what to do about it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import structlog

from domain import job_words as w
from domain import outside as o
from domain.catalogue import Model
from domain.failures import FailureClass
from domain.job_states import Generating, Request, Requested, Resting
from domain.next_step import AskAboutTasks, AskForTask, AwaitTask, GiveUp, LookForLate, Store, WriteScript
from domain.pace import Pace
from domain.reasons import Reason, reason_of
from domain.retry import BACKOFF_S, spread
from domain.shapes import Forgotten
from processors.job_at_hand import JobAtHand, words

SOON: Final = timedelta(seconds=15)
"""A young task is asked about more often: the user waits to hear whether the photo passed."""

SCRIPT_MAX: Final = 1_000
"""Characters of a script when the catalogue knows no model."""

log = structlog.get_logger(__name__)


async def write_script(job: JobAtHand, step: WriteScript) -> None:
    """Has the script written. The writer never fails: at worst the template speaks."""
    brief, pipeline = step.brief, job.pipeline
    model = pipeline.catalogue.entry(brief.model)
    job.waits_for = "the script"
    async with job.slot(pipeline.slots.scripts):
        photo = await pipeline.files.read(_text(brief.photo) or "")
        await job.may_begin()
        wish = o.ScriptWish(
            template=brief.template,
            prompt=_text(brief.prompt),
            product_text=_text(brief.product_text),
            wishes=_text(brief.wishes),
            photo=photo,
            length_max=SCRIPT_MAX if model is None else model.prompt_max,
        )
        script = await pipeline.scripts.write(wish)
    failure = None if script.trouble is None else script.trouble.failure
    await job.say(w.WritePrompt, script=script.text, source=script.source, failure=failure)


async def ask_for_task(job: JobAtHand, step: AskForTask) -> None:
    """Asks for a task, once. Without an answer the job stays as it is: requested.

    When it was asked for before, a last look comes first: what was called back meanwhile is not to be paid for again.
    """
    pipeline, brief = job.pipeline, step.brief
    job.waits_for = "its turn at the video service"
    async with job.slot(pipeline.slots.creations):  # photos are read in here: thousands that wait would fill the memory
        if await look_at_tasks(job):
            return
        model = pipeline.catalogue.entry(brief.model)
        if model is None or await pipeline.offers.is_off(model.id):
            await _end(job, FailureClass.UNKNOWN, Reason.MODEL_OFF, f"{brief.model} is not offered at the moment")
            return
        photo = await pipeline.files.read(_text(brief.photo) or "")
        if photo is None or isinstance(step.script, Forgotten):
            await _end(job, FailureClass.UNKNOWN, Reason.OURS, "the photo or the script is no longer there")
            return
        await _ask_with_a_key(job, step, model, photo)


async def _ask_with_a_key(job: JobAtHand, step: AskForTask, model: Model, photo: bytes) -> None:
    """Uploads the photo with whichever key is ready, and takes a key's turn only then: an upload may take a minute."""
    videos, photo_url = job.pipeline.videos, None
    while not job.moved and job.next_step() == step:
        await job.may_begin()
        match await videos.key(avoid=step.avoid, turn=photo_url is not None):
            case o.NoKey(trouble):
                await _end(job, trouble.failure, Reason.OURS, trouble.message)
            case o.KeysResting(until):
                await job.wait(until, "a key of the video service")
            case o.KeyReady(key) if photo_url is None:
                photo_url = await _upload(job, step, photo, key)
            case o.KeyReady(key):
                await _create(job, step, _order(job, step, model, photo_url), key)


async def _upload(job: JobAtHand, step: AskForTask, photo: bytes, key: str) -> str | None:
    """The photo's address, good for any key; None when that came to nothing, and the request with it."""
    job.waits_for = "the photo's upload"
    await job.may_call()
    match await job.pipeline.videos.upload(photo, key=key):
        case o.Uploaded(url):
            return url
        case o.NotTaken(trouble):
            await job.may_begin()
            await job.say(w.RequestTask, number=step.number, key=key)
            await _falter(job, step.number, trouble, key)
            return None


def _order(job: JobAtHand, step: AskForTask, model: Model, photo_url: str) -> o.TaskOrder:
    callback_url = job.pipeline.callback_url
    return o.TaskOrder(
        model=model,
        prompt=str(step.script),
        photo_url=photo_url,
        aspect_ratio=step.brief.aspect_ratio,
        duration_s=step.brief.duration_s,
        callback_url=None if callback_url is None else callback_url(job.account, job.id, step.number),
    )


async def _create(job: JobAtHand, step: AskForTask, order: o.TaskOrder, key: str) -> None:
    pipeline, number = job.pipeline, step.number
    await job.may_begin()
    await job.say(w.RequestTask, number=number, key=key)
    job.waits_for = "the video service to take it"
    await job.may_call()
    match await pipeline.videos.create(order, key=key):
        case o.TaskCreated(task):
            await job.say(w.RecordTask, number=number, task=task)
        case o.NotTaken(trouble):
            await _falter(job, number, trouble, key)
        case o.Unanswered(message):
            log.warning("task creation unanswered", job=job.id, number=number, message=words(message))


async def await_task(job: JobAtHand, step: AwaitTask) -> None:
    """Looks for the callback of a request that was never answered, and adopts the task that it names."""
    if not await look_at_tasks(job):
        until = min(step.until, job.now() + job.pipeline.pace.poll)
        await job.wait(until, "a callback: nobody knows whether the task was taken")


async def ask_about_tasks(job: JobAtHand, step: AskAboutTasks) -> None:
    """Asks how the tasks are doing, again and again until the present one's time is over, or when there is news."""
    pace, present = job.pipeline.pace, step.requests[-1]
    first = min(present.at + pace.first_poll, present.at + pace.generation)
    if job.now() < first:
        await job.wait(first, "the video")
    if not await look_at_tasks(job):
        now = job.now()
        await job.wait(min(present.at + pace.generation, _next_question(job.id, pace, present, now)), "the video")


async def look_at_tasks(job: JobAtHand) -> bool:
    """Asks about every task that is known here or from a callback. Whether that took the job on.

    The first that made a video wins; only the present one's end is the attempt's.
    """
    if not isinstance(job.state, Requested | Generating | Resting):
        return False
    job.news.clear()
    work = job.state.work
    for request, task in await job.with_hints(work.alive()):
        known = await _look_up(job, request, task)
        if request.number != work.number:
            if await _twin_won(job, request, task, known):
                return True
        elif await _told_of_present(job, request, task, known):
            return True
    return False


async def _told_of_present(job: JobAtHand, request: Request, task: str, known: object) -> bool:
    """Acts on what is known of the present task: adopts it, or notes its end. Whether there was any such news."""
    match known:
        case o.StillRunning() | o.VideoMade() | o.TaskDead() if isinstance(job.state, Requested):
            await job.say(w.RecordTask, number=request.number, task=task)
            return True
        case o.VideoMade(url):
            await job.say(w.RecordVideo, number=request.number, url=url)
            return True
        case o.TaskDead(trouble):
            await _falter(job, request.number, trouble, request.key)
            return True
        case o.NotFound() if isinstance(job.state, Generating) and _is_lost(job, request):
            trouble = o.Trouble(FailureClass.UNKNOWN, "the service does not know the task")
            await _falter(job, request.number, trouble, request.key)
            return True
        case o.StillRunning(photo_accepted=True) if isinstance(job.state, Generating) and not job.state.photo_accepted:
            await job.say(w.AcceptPhoto, number=request.number)
    return False


async def store(job: JobAtHand, step: Store) -> None:
    """Downloads the video at once: it lies at the service for a while only. Once more when the job's time is over."""
    name = f"outputs/{job.account}/{job.id}.mp4"
    match await _download(job, step.url, name):
        case o.Kept(file):
            await job.say(w.StoreVideo, file=file)
        case o.NotKept(trouble) if trouble.failure not in {FailureClass.TEMPORARY, FailureClass.RATE_LIMIT}:
            await _end(job, trouble.failure, reason_of(trouble.failure), trouble.message)
        case o.NotKept(trouble) if step.last:
            await _end(job, trouble.failure, Reason.TIME, trouble.message)
        case o.NotKept(trouble):
            rest_s = BACKOFF_S[min(job.fruitless_downloads, len(BACKOFF_S) - 1)]
            job.fruitless_downloads += 1
            await job.wait(job.now() + timedelta(seconds=rest_s), f"the download: {words(trouble.message)}")


async def look_for_late(job: JobAtHand, step: LookForLate) -> bool:
    """Looks for a video that nobody waits for any more. Whether there is something left to look for."""
    hints = await job.with_hints(step.requests)
    for request, task in hints:
        known = await _look_up(job, request, task)
        if isinstance(known, o.TaskDead):
            job.dead_twins.add(task)
        if isinstance(known, o.VideoMade):
            name = f"outputs/{job.account}/{job.id}.late{request.number}.mp4"
            kept = await _download(job, known.url, name)
            if isinstance(kept, o.Kept):
                await job.say(w.RecordLateVideo, number=request.number, file=kept.file)
                return True
    found = {request.number for request, task in hints if task in job.dead_twins}
    if not job.pipeline.pace.callbacks:
        found |= {request.number for request in step.requests if request.task is None}
    if all(request.number in found for request in step.requests):
        return False
    await job.wait(job.now() + job.pipeline.pace.late_poll, "a late video")
    return True


async def give_up(job: JobAtHand, step: GiveUp) -> None:
    """Ends the job: its time is over. A last look comes first, for there may have been nobody to look until now."""
    if not await look_at_tasks(job):
        await _end(job, FailureClass.TEMPORARY, step.reason, f"gave up: {step.reason}")


async def _look_up(
    job: JobAtHand, request: Request, task: str
) -> o.StillRunning | o.VideoMade | o.TaskDead | o.NotFound:
    pipeline = job.pipeline
    async with job.slot(pipeline.slots.questions):
        await job.may_call()
        return await pipeline.videos.look_up(task, model=job.brief.model, key=request.key)


async def _download(job: JobAtHand, url: str, name: str) -> o.Kept | o.NotKept:
    job.waits_for = "the download"
    async with job.slot(job.pipeline.slots.downloads):
        await job.may_call()
        return await job.pipeline.downloads.fetch(url, name=name)


async def _twin_won(job: JobAtHand, request: Request, task: str, known: object) -> bool:
    """Whether the task of an earlier request, once given up for lost, made the video."""
    if isinstance(known, o.TaskDead):
        job.dead_twins.add(task)
    if not isinstance(known, o.VideoMade):
        return False
    await job.say(w.RecordVideo, number=request.number, url=known.url)
    return True


async def _falter(job: JobAtHand, number: int, trouble: o.Trouble, key: str) -> None:
    """Records that the request came to nothing, and tells operators when that is theirs to mend."""
    pipeline = job.pipeline
    elsewhere = False
    if trouble.model_off:
        await pipeline.offers.switch_off(job.brief.model, words(trouble.message))
    elif trouble.failure is FailureClass.RATE_LIMIT:
        elsewhere = await pipeline.videos.has_another(key)
    if trouble.failure in {FailureClass.BILLING, FailureClass.UNKNOWN}:
        log.critical("generation needs an operator", job=job.id, number=number, failure=trouble.failure.value)
    await job.say(
        w.FailGeneration,
        number=number,
        failure=trouble.failure,
        message=words(trouble.message),
        reason=reason_of(trouble.failure, about_photo=trouble.about_photo, model_off=trouble.model_off),
        elsewhere=elsewhere,
    )


def _is_lost(job: JobAtHand, request: Request) -> bool:
    return request.at + job.pipeline.pace.not_found <= job.now()


async def _end(job: JobAtHand, failure: FailureClass, reason: Reason, message: str) -> None:
    await job.say(w.FailJob, failure=failure, message=words(message), reason=reason)


def _next_question(job_id: str, pace: Pace, request: Request, now: datetime) -> datetime:
    every = pace.first_poll if now - request.at < SOON else pace.poll
    return now + every + spread(f"{job_id} {request.number}", every / 5)


def _text(text: str | Forgotten | None) -> str | None:
    return None if isinstance(text, Forgotten) else text
