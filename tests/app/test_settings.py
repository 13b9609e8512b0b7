"""Settings: a wrong or missing one is one sentence that names it and never shows a secret."""

from __future__ import annotations

import os
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import pytest

from app.settings import FOR_ROOT, HERE, Settings, SettingsError, data_dir_by_default, key_of, read_settings
from benchmarks.surroundings import without_settings

KEY = bytes(range(224, 256))


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder and none of our settings in the environment."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        KEY.hex().upper(),
        b64encode(KEY).decode(),
        urlsafe_b64encode(KEY).decode(),
        b64encode(KEY).decode().rstrip("="),
        f" {KEY.hex()}\n",
    ],
)
def test_a_key_is_32_bytes_in_hex_or_base64(text: str) -> None:
    assert key_of(text) == KEY


@pytest.mark.parametrize("text", ["", "abc", KEY.hex()[:-2], b64encode(KEY[:-1]).decode(), "ключ" * 8, "g" * 64])
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        key_of(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:hidden@h/d"),
        ("DATABASE_URL", "postgresql://u:hidden@h"),
        ("DATABASE_OWNER_URL", "hidden"),
        ("DATA_KEY", "hidden"),
        ("SHARDS", "0"),
        ("SHARDS", "many"),
    ],
)
def test_a_wrong_one_is_named_and_its_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    sentence = str(refused.value)
    assert sentence.startswith(f"{name} ")
    assert "hidden" not in sentence
    assert "\n" not in sentence


def test_they_may_lie_in_a_file_and_the_environment_goes_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = ["SHARDS=4", "DATA_DIR=elsewhere", "DATABASE_URL=", "SOMETHING_ELSE=1"]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("SHARDS", "16")
    settings = read_settings()
    assert (settings.shards, settings.data_dir, settings.database_url) == (16, Path("elsewhere"), None)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read"):
        read_settings()


def test_secrets_are_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@h/d")
    monkeypatch.setenv("DATA_KEY", KEY.hex())
    shown = repr(read_settings())
    assert "hidden" not in shown
    assert KEY.hex() not in shown


def test_the_data_folder_lies_here_unless_roots_server_could_not_get_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.chdir(closed)
    assert data_dir_by_default() == (FOR_ROOT if os.geteuid() == 0 else HERE)
    monkeypatch.chdir("/")
    assert data_dir_by_default() == HERE


def test_what_plays_the_program_takes_no_keys_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "somebody's")
    monkeypatch.setenv("bot_token", "1:somebody's")
    without_settings()
    assert Settings(_env_file=None) == Settings.model_construct(data_dir=data_dir_by_default())
