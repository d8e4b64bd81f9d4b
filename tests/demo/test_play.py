"""What the demonstration prints at its end is whole, also where it is read from a pipe."""

import json
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

from jiangyuan.demo import play
from jiangyuan.demo.guests import GUESTS


def test_the_accounts_are_printed_whole_into_a_pipe(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.json"
    passwords = {guest.username: f"jy-{number:08d}-{'9' * 24}" for number, guest in enumerate(GUESTS)}
    accounts.write_text(json.dumps({"passwords": passwords}), "utf-8")
    address = "http://127.0.0.1:8000"
    supervisor = SimpleNamespace(status=lambda: {"programs": {"web": {"address": address}}})
    pipe = StringIO()
    play._tell_what_to_try(play._console(pipe), supervisor, {"accounts": str(accounts), "receipt": "/r.json"})
    lines = pipe.getvalue().splitlines()
    assert "…" not in pipe.getvalue()
    for guest in GUESTS:
        line = next(line for line in lines if guest.username in line and passwords[guest.username] in line)
        assert f"{guest.name} {guest.role}" in line
        assert any(line.strip() == guest.todo for line in lines)
    assert any(str(accounts) in line for line in lines)
