"""How a Telegram sandbox is set up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from adapters.sandbox.telegram_faults import Fault

TOKEN: Final = "7000000001:sandbox-token"  # noqa: S105 - opens nothing but a sandbox
MIB: Final = 1024 * 1024
Seconds = Annotated[float, Field(ge=0)]


class TelegramSandboxSettings(BaseModel):
    """One bot and what its Telegram does when no fault says otherwise.

    `folder` keeps everything over a restart and a kill; without one it lies in memory. Update ids count from
    `first_update_id`, users from `first_user_id`. `query_kept_s` is how long a tap may be answered, and how long taps
    and pre-checkout queries wait to be fetched; `checkout_s` how long the payer waits for the bot's word;
    `conflict_pause_s` how long the later ones of two pollers are held up before they hear of each other.
    Each chat remembers its last `events_kept` events word for word, and the log the last `calls_kept` calls.
    A webhook is tried again after `webhook_retry_s`, then twice as late each time, up to `webhook_retry_max_s`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: Annotated[str, Field(pattern=r"^[1-9]\d*:[\w-]+$")] = Field(default=TOKEN, repr=False)
    first_name: str = "Neurocards"
    username: str = "neurocards_sandbox_bot"
    folder: Path | None = None
    first_update_id: Annotated[int, Field(ge=1)] = 482_137_905
    first_user_id: Annotated[int, Field(ge=1)] = 1_000_001
    stars: Annotated[int, Field(ge=0)] = 1000
    query_kept_s: Seconds = 150
    update_kept_s: Seconds = 86_400
    checkout_s: Seconds = 10
    conflict_pause_s: Seconds = 3
    webhook_timeout_s: Seconds = 60
    webhook_retry_s: Seconds = 1
    webhook_retry_max_s: Seconds = 60
    photo_max_bytes: Annotated[int, Field(ge=1)] = 10 * MIB
    upload_max_bytes: Annotated[int, Field(ge=1)] = 50 * MIB
    download_max_bytes: Annotated[int, Field(ge=1)] = 20 * MIB
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    events_kept: Annotated[int, Field(ge=1)] = 500
    calls_kept: Annotated[int, Field(ge=1)] = 100_000
