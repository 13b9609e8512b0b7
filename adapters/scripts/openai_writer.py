"""Scripts written by an OpenAI chat model, or by anything that speaks its chat completions.

Whatever the service does, there is a script: when it is down, refuses or talks nonsense, the template's words step in
and the trouble says why. What a person wrote is in no log and in no trouble.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Final

import openai
import structlog

from adapters.scripts.answers import Words, trouble_in, words_in
from adapters.scripts.glance import glance
from adapters.scripts.prompt import messages_for
from domain.failures import FailureClass
from domain.job_words import ScriptSource
from domain.outside import Script, ScriptWish, Trouble
from domain.script import (
    ENGLISH,
    Language,
    is_refusal,
    is_written_in,
    script_from_template,
    shortened,
    whole_sentences,
    without_dressing,
)
from domain.templates import Template

TIMEOUT_S: Final = 45.0
RETRIES_MAX: Final = 1

GLANCES_AT_ONCE: Final = 2
"""Photos that are made small at the same time: more of them would leave the event loop no processor."""

log = structlog.get_logger(__name__)


class OpenAIWriter:
    """Writes scripts. `timeout_s` is for one script, however often it is asked for; `base_url` None: OpenAI itself."""

    def __init__(
        self,
        templates: Mapping[str, Template],
        *,
        api_key: str,
        model: str,
        base_url: str | None = None,
        timeout_s: float = TIMEOUT_S,
        retries_max: int = RETRIES_MAX,
        language: Language = ENGLISH,
    ) -> None:
        self._templates = templates
        self._model = model
        self._language = language
        self._timeout_s = timeout_s
        self._glancing = asyncio.Semaphore(GLANCES_AT_ONCE)
        self._client = openai.AsyncOpenAI(
            api_key=api_key, base_url=base_url, timeout=timeout_s, max_retries=retries_max
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def write(self, wish: ScriptWish) -> Script:
        """The script, of at most `wish.length_max` characters. Never fails."""
        template = self._templates.get(wish.template or "")
        started = monotonic()
        said = await self._ask(wish, template)
        script = said if isinstance(said, Trouble) else self._script(said, length_max=wish.length_max)
        seconds = round(monotonic() - started, 3)
        if isinstance(script, Trouble):
            log.warning(
                "script not written", model=self._model, seconds=seconds, failure=script.failure, why=script.message
            )
            return Script(script_from_template(wish, template), ScriptSource.TEMPLATE, script)
        log.info("script written", model=self._model, seconds=seconds, characters=len(script.text))
        return script

    async def _ask(self, wish: ScriptWish, template: Template | None) -> Words | Trouble:
        if wish.photo:
            async with self._glancing:
                wish = wish._replace(photo=await asyncio.to_thread(glance, wish.photo))
        messages = messages_for(wish, template, language=self._language)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._client.chat.completions.with_raw_response.create(
                    model=self._model, messages=messages
                )
        except (TimeoutError, openai.APITimeoutError):
            return Trouble(FailureClass.TEMPORARY, "did not answer in time")
        except openai.APIStatusError as error:
            return trouble_in(error.body, status=error.status_code)
        except openai.APIConnectionError:
            return Trouble(FailureClass.TEMPORARY, "the connection failed")
        except openai.OpenAIError as error:
            return Trouble(FailureClass.UNKNOWN, f"the call failed: {type(error).__name__}")
        return words_in(answer.content)

    def _script(self, said: Words, *, length_max: int) -> Script | Trouble:
        text = without_dressing(said.text)
        if is_refusal(text):
            return Trouble(FailureClass.USER_VIOLATION, "refused to write the script")
        text = shortened(text if said.whole else whole_sentences(text), length_max)
        if not is_written_in(text, self._language):
            return Trouble(FailureClass.UNKNOWN, f"answered with no {self._language.name} script")
        return Script(text, ScriptSource.OPENAI)
