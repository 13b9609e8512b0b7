"""Where the services outside are: the real ones as settings name them, or sandboxes of our own in their place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from pydantic import SecretStr

from adapters.kie.keys import Key, WrongKeys, read_keys
from adapters.sandbox.kie_sandbox import KieSandbox, KieSandboxSettings
from adapters.sandbox.openai_sandbox import OpenAISandbox
from adapters.sandbox.telegram_sandbox import TelegramSandbox
from app.serving import serving, serving_somewhere
from app.settings import Settings, SettingsError

PLAY_KEY = "sandbox-key"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Outside:
    """Addresses, keys, and what stands in for what. `in_sandbox` names the services that are played.

    Without `bot_token` nobody is talked to. `chat_url` is the page on which people chat with the bot in its sandbox.
    """

    kie_base: str
    kie_upload_base: str
    kie_result_hosts: tuple[str, ...]
    kie_keys: tuple[Key, ...]
    openai_base: str | None
    openai_key: SecretStr
    bot_token: SecretStr | None = None
    telegram_base: str | None = None
    chat_url: str | None = None
    in_sandbox: tuple[str, ...] = ()


@asynccontextmanager
async def outside_of(
    settings: Settings,
    *,
    kie: KieSandbox | None,
    openai: OpenAISandbox | None,
    telegram: TelegramSandbox | None,
) -> AsyncIterator[Outside]:
    """The outside; its sandboxes, the given or the usual ones, run until it is left. Telegram's only if it is given.

    Raises SettingsError.
    """
    async with AsyncExitStack() as stack:
        outside = _real(settings)
        if not outside.kie_keys:
            outside = await _with_kie(outside, kie, stack)
        if settings.openai_api_key is None:
            url = await stack.enter_async_context(serving((openai or OpenAISandbox()).app))
            outside = replace(outside, openai_base=f"{url}/v1", in_sandbox=(*outside.in_sandbox, "OpenAI"))
        if settings.bot_token is None and telegram is not None:
            url = await stack.enter_async_context(serving_somewhere(telegram.app, port=settings.chat_port))
            stack.push_async_callback(telegram.close)  # open pages would hold the server up
            outside = replace(
                outside,
                bot_token=SecretStr(telegram.token),
                telegram_base=url,
                chat_url=url,
                in_sandbox=(*outside.in_sandbox, "Telegram"),
            )
        yield outside


def _real(settings: Settings) -> Outside:
    """The outside as it is set. Raises SettingsError."""
    return Outside(
        kie_base=str(settings.kie_api_base).rstrip("/"),
        kie_upload_base=str(settings.kie_upload_base).rstrip("/"),
        kie_result_hosts=tuple(host.strip() for host in settings.kie_result_hosts.split(",") if host.strip()),
        kie_keys=_keys(settings),
        openai_base=None if settings.openai_base_url is None else str(settings.openai_base_url),
        openai_key=settings.openai_api_key or SecretStr(PLAY_KEY),
        bot_token=settings.bot_token,
        telegram_base=settings.telegram_base(),
    )


async def _with_kie(outside: Outside, kie: KieSandbox | None, stack: AsyncExitStack) -> Outside:
    kie = kie or KieSandbox(KieSandboxSettings(keys={PLAY_KEY: "sandbox"}))
    url = await stack.enter_async_context(serving(kie.app))
    return replace(
        outside,
        kie_base=url,
        kie_upload_base=url,
        kie_result_hosts=(LOOPBACK,),
        kie_keys=(Key("sandbox", "sandbox", SecretStr(PLAY_KEY)),),
        in_sandbox=(*outside.in_sandbox, "KIE"),
    )


def _keys(settings: Settings) -> tuple[Key, ...]:
    text = settings.kie_keys()
    if text is None:
        return ()
    try:
        return read_keys(text.get_secret_value())
    except WrongKeys as error:
        msg = f"KIE_API_KEYS cannot be read: {error}"
        raise SettingsError(msg) from None
