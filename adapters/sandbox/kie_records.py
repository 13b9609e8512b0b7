"""How a task is told: by recordInfo, by the Veo endpoint, and in callbacks: with JSON strings inside JSON."""

from __future__ import annotations

from typing import Any

import orjson

from adapters.sandbox.kie_tasks import Task


def record(task: Task, *, now: float) -> dict[str, Any]:
    """`data` of recordInfo, and of a callback of the jobs family."""
    ended, state = task.ended_at, task.state(now)
    fail_code, fail_msg = task.failure or (None, None)
    went_well = ended is not None and task.failure is None
    shown = went_well or (ended is None and task.plan.result_early)
    return {
        "taskId": task.id,
        "model": task.order.model,
        "state": state,
        "param": _param(task),
        "resultJson": _text(_result(task)) if shown else None,
        "failCode": fail_code,
        "failMsg": fail_msg,
        "costTime": round(ended - task.created_at) if ended is not None and went_well else 0,
        "creditsConsumed": task.order.price if went_well else 0,
        "progress": 100 if went_well else 0,
        "createTime": _ms(task.created_at),
        "updateTime": _ms(now if ended is None else ended),
        "completeTime": None if ended is None else _ms(ended),
    }


def callback(task: Task, *, now: float) -> dict[str, Any]:
    """The whole body. The outer code is 501 for every failed task, whatever it failed of."""
    if task.order.family == "veo":
        return _veo_callback(task)
    if task.failure is None:
        return {"code": 200, "msg": "Playground task completed successfully.", "data": record(task, now=now)}
    return {"code": 501, "msg": "Playground task failed.", "data": record(task, now=now)}


def veo_record(task: Task, *, now: float) -> dict[str, Any]:
    """`data` of the Veo endpoint. `now` counts while the task is under way."""
    ended = task.ended_at
    code, message = task.failure or (None, None)
    went_well = ended is not None and task.failure is None
    flag = 1 if went_well else 0 if ended is None else 3
    return {
        "taskId": task.id,
        "paramJson": _text(task.order.content),
        "createTime": _ms(task.created_at),
        "updateTime": _ms(now if ended is None else ended),
        "completeTime": None if ended is None else _ms(ended),
        "response": {"taskId": task.id, **_veo_urls(task), "resolution": "720p"} if went_well else None,
        "successFlag": flag,
        "errorCode": None if code is None else _number(code),
        "errorMessage": message,
        "fallbackFlag": False,
    }


def _veo_callback(task: Task) -> dict[str, Any]:
    if task.failure is None:
        info = {**_veo_urls(task), "resolution": "720p"}
        data = {"taskId": task.id, "info": info, "fallbackFlag": False}
        return {"code": 200, "msg": "Veo3.1 video generated successfully.", "data": data}
    return {"code": 501, "msg": task.failure[1], "data": {"taskId": task.id, "fallbackFlag": False}}


def _veo_urls(task: Task) -> dict[str, Any]:
    urls = [] if task.plan.without_url else [task.result_url]
    return {"resultUrls": urls, "originUrls": urls, "fullResultUrls": urls}


def _result(task: Task) -> dict[str, Any]:
    urls = [] if task.plan.without_url else [task.result_url]
    result = {"resultUrls": urls}
    if task.order.model.startswith("sora-2"):
        result["resultWaterMarkUrls"] = urls
    return result


def _param(task: Task) -> str:
    return _text({**task.order.content, "input": _text(task.order.fields)})


def _text(value: Any) -> str:  # noqa: ANN401 - whatever JSON can say
    return orjson.dumps(value).decode()


def _ms(moment: float) -> int:
    return round(moment * 1000)


def _number(code: str) -> int:
    return int(code) if code.isdigit() else 500
