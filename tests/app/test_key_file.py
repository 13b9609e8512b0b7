"""The file that keeps DATA_KEY: made once, for its owner only."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.key_file import make_key_file, read_key_file
from app.settings import SettingsError


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "data_key"
    make_key_file(file)
    key = read_key_file(file)
    make_key_file(file)
    assert read_key_file(file) == key
    assert len(key) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [place.name for place in tmp_path.iterdir()] == ["data_key"]


def test_of_many_who_make_it_at_once_one_does(tmp_path: Path) -> None:
    file = tmp_path / "data_key"

    def made(_number: int) -> bytes:
        make_key_file(file)
        return read_key_file(file)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(made, range(32)))) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 32])
def test_a_damaged_one_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data_key").write_bytes(content)
    with pytest.raises(SettingsError, match="data_key should hold the 32 bytes of DATA_KEY"):
        read_key_file(tmp_path / "data_key")


def test_a_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="data_key should hold"):
        read_key_file(tmp_path / "data_key")
