"""What may be set from outside: the environment, or a file `.env` in the folder the program is started in.

A missing or wrong setting is one sentence that names it. Secrets are held so that neither a log nor a repr shows them.
"""

from __future__ import annotations

import os
from base64 import b64decode
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

KEY_BYTES: Final = 32
HERE: Final = Path(".data")
FOR_ROOT: Final = Path("/var/lib/neurocards")
MAKE_A_KEY: Final = "make one with: openssl rand -base64 32"


class SettingsError(Exception):
    """A setting is missing or wrong; the sentence names it."""


def data_dir_by_default() -> Path:
    """`.data` in the current folder, or `/var/lib/neurocards` when root's database server could not get there.

    PostgreSQL refuses to run as root, so root's runs as somebody else, who must be able to enter every folder on the
    way.
    """
    here = Path.cwd()
    closed = any(not folder.stat().st_mode & 0o001 for folder in (here, *here.parents))
    return FOR_ROOT if os.geteuid() == 0 and closed else HERE


def key_of(text: str) -> bytes:
    """The 32 bytes that were written down as hex or base64. Raises ValueError."""
    text = text.strip()
    if len(text) == 2 * KEY_BYTES:
        key = bytes.fromhex(text)
    else:
        key = b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    if len(key) != KEY_BYTES:
        msg = f"{len(key)} bytes instead of {KEY_BYTES}"
        raise ValueError(msg)
    return key


Seconds = Annotated[int, Field(gt=0, le=30 * 86_400)]
Days = Annotated[int, Field(gt=0, le=36_500)]


class Settings(BaseSettings):
    """All settings. Without DATABASE_URL the program runs a database of its own in DATA_DIR.

    Without BOT_TOKEN, KIE_API_KEYS or OPENAI_API_KEY the matching sandbox stands in. Without PUBLIC_URL nobody
    can call back. A rate of 0 is no limit.
    """

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: SecretStr | None = None
    database_owner_url: SecretStr | None = None
    data_dir: Path = Field(default_factory=data_dir_by_default)
    data_key: SecretStr | None = None
    shards: Annotated[int, Field(ge=1, le=1024)] | None = None

    bot_token: SecretStr | None = None
    telegram_api_base: HttpUrl | None = None
    telegram_updates: Literal["polling", "webhook"] = "polling"
    telegram_messages_per_s: Annotated[int, Field(ge=0, le=1000)] = 30
    chat_port: Annotated[int, Field(ge=0, le=65535)] = 8090

    kie_api_keys: SecretStr | None = None
    kie_api_key: SecretStr | None = None
    kie_api_base: HttpUrl = HttpUrl("https://api.kie.ai")
    kie_upload_base: HttpUrl = HttpUrl("https://kieai.redpandaai.co")
    kie_result_hosts: str = "aiquickdraw.com,kie.ai"
    kie_webhook_key: SecretStr | None = None
    kie_creations_per_10s: Annotated[int, Field(ge=0, le=10_000)] = 20
    openai_api_key: SecretStr | None = None
    openai_base_url: HttpUrl | None = None
    openai_model: str = "gpt-5.5"

    storage_url: str | None = None
    public_url: HttpUrl | None = None
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    support_contact: str | None = None

    second_thoughts_s: Annotated[int, Field(ge=0, le=60)] = 2
    connect_timeout_s: Seconds = 30
    send_timeout_s: Seconds = 180
    generation_timeout_s: Seconds = 600
    job_timeout_s: Seconds = 1800
    queue_timeout_s: Seconds = 21_600
    late_video_s: Seconds = 7200
    poll_every_s: Seconds = 15
    resubmissions_max: Annotated[int, Field(ge=0, le=3)] = 1
    shutdown_s: Seconds = 30
    photos_kept_days: Days = 90
    videos_kept_days: Days = 90

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def _is_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            address = urlsplit(value.get_secret_value())
            if address.scheme not in {"postgres", "postgresql"} or not address.path.strip("/"):
                msg = "is no address of a PostgreSQL database, such as postgresql://user:password@host:5432/database"
                raise ValueError(msg)
        return value

    @field_validator("data_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                key_of(value.get_secret_value())
            except ValueError as error:
                msg = f"is not {KEY_BYTES} bytes in base64 or hex; {MAKE_A_KEY}"
                raise ValueError(msg) from error
        return value

    def key(self) -> bytes | None:
        """DATA_KEY's bytes, if it is set."""
        return None if self.data_key is None else key_of(self.data_key.get_secret_value())

    def kie_keys(self) -> SecretStr | None:
        """The keys of the video service as they are set: KIE_API_KEYS, or KIE_API_KEY."""
        return self.kie_api_keys or self.kie_api_key

    def telegram_base(self) -> str | None:
        """Where the Bot API is served; None: at Telegram."""
        return None if self.telegram_api_base is None else str(self.telegram_api_base).rstrip("/")


def read_settings() -> Settings:
    """The settings of this process. Raises SettingsError."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None  # pydantic's own text repeats the value, which may be a secret
    except (OSError, UnicodeDecodeError) as error:
        msg = f".env cannot be read: {error}"
        raise SettingsError(msg) from error


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0]).upper()
    said = first["msg"]
    said = said.removeprefix("Value error, ") if first["type"] == "value_error" else f"is wrong: {said.lower()}"
    return f"{name} {said}"
