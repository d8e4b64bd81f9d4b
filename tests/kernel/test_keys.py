"""Envelope keys: the file's rights, wrapping, and a rotation that may die at any step."""

import os
import stat
from pathlib import Path

import pytest

from jiangyuan.kernel import ciphers, keys
from jiangyuan.kernel.ciphers import Unsealable
from jiangyuan.kernel.keys import MasterKeys, MasterKeyUnusable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "keys" / "master.key"
    keys.create_master_key(file)
    return file


def test_the_file_is_for_its_owner_alone_and_never_overwritten(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size == 32
    content = path.read_bytes()
    with pytest.raises(FileExistsError):
        keys.create_master_key(path)
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["master.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(MasterKeyUnusable) as raised:
        MasterKeys.load(path)
    assert "chmod 600" in str(raised.value.mend)


def test_a_file_that_is_no_key_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(MasterKeyUnusable):
        MasterKeys.load(tmp_path / "absent")
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(MasterKeyUnusable):
        MasterKeys.load(link)
    path.write_bytes(b"x" * 31)
    with pytest.raises(MasterKeyUnusable):
        MasterKeys.load(path)
    path.write_bytes(b"x" * 33)
    with pytest.raises(MasterKeyUnusable):
        MasterKeys.load(path)


@pytest.mark.parametrize("algorithm", ["SM4-GCM", "AES-256-GCM"])
def test_data_keys_travel_wrapped(path: Path, algorithm: ciphers.Algorithm) -> None:
    masters = MasterKeys.load(path)
    data_key = ciphers.new_key()
    wrapped = masters.wrap(data_key, name="subject/1", algorithm=algorithm)
    assert data_key not in wrapped
    assert MasterKeys.load(path).unwrap(wrapped, name="subject/1") == data_key
    with pytest.raises(Unsealable):
        masters.unwrap(wrapped, name="subject/2")
    assert path.read_bytes().hex() not in repr(masters)
    assert str(path.read_bytes()) not in repr(masters)


def test_another_master_key_opens_nothing(path: Path, tmp_path: Path) -> None:
    wrapped = MasterKeys.load(path).wrap(b"0" * 16, name="n")
    keys.create_master_key(tmp_path / "other")
    with pytest.raises(MasterKeyUnusable) as raised:
        MasterKeys.load(tmp_path / "other").unwrap(wrapped, name="n")
    assert raised.value.where == MasterKeys.load(path).current


def test_rotation_can_be_read_after_each_step(path: Path) -> None:
    data_key = ciphers.new_key()
    stored = MasterKeys.load(path).wrap(data_key, name="n")
    first = MasterKeys.load(path).current
    during = keys.begin_rotation(path)
    assert during.current != first
    assert keys.begin_rotation(path).current == during.current, "begun twice is begun once"
    assert MasterKeys.load(path).unwrap(stored, name="n") == data_key
    rewrapped = during.rewrap(stored, name="n")
    assert rewrapped != stored
    assert during.rewrap(rewrapped, name="n") == rewrapped
    after = keys.end_rotation(path)
    assert keys.end_rotation(path) == after, "ended twice is ended once"
    assert after.current == during.current
    assert after.unwrap(rewrapped, name="n") == after.unwrap(stored, name="n") == data_key
    assert sorted(os.listdir(path.parent)) == ["master.key", "master.key.previous"]
    assert all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in path.parent.iterdir())


def test_a_rotation_that_died_between_its_steps_is_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_key = ciphers.new_key()
    during = keys.begin_rotation(path)
    stored = during.wrap(data_key, name="n")
    replace, calls = Path.replace, []

    def dying(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", dying)
    with pytest.raises(KeyboardInterrupt):
        keys.end_rotation(path)
    monkeypatch.undo()
    assert MasterKeys.load(path).unwrap(stored, name="n") == data_key
    after = keys.end_rotation(path)
    assert after.current == during.current
    assert after.unwrap(stored, name="n") == data_key
