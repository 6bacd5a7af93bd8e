import multiprocessing
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from monitor.errors import NotAllowed
from monitor.secret import Secret, TokenFile, read_secret


class Settings(BaseModel):
    token: Secret


def test_a_secret_comes_from_the_environment_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAND_TOKEN", " abc \n")
    settings = Settings.model_validate({"token": "env:BRAND_TOKEN"})
    assert settings.token.get_secret_value() == "abc"
    assert "abc" not in repr(settings) + str(settings.model_dump())


def test_a_secret_comes_from_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("abc\n")
    path.chmod(0o644)
    with pytest.raises(ValueError, match="chmod 600"):
        read_secret(f"file:{path}")
    path.chmod(0o600)
    assert read_secret(f"file:{path}") == "abc"


@pytest.mark.parametrize(
    "place", ["AAAAtopsecret", "env:", "file:", "", "env:NOT_SET_ANYWHERE", "file:/nowhere/at/all"]
)
def test_what_is_no_place_is_refused_with_the_cure(place: str) -> None:
    with pytest.raises(ValueError, match=r"env:NAME|is not set|cannot be read") as told:
        read_secret(place)
    assert "topsecret" not in str(told.value)


def test_a_literal_in_the_settings_is_not_repeated() -> None:
    with pytest.raises(ValidationError) as told:
        Settings.model_validate({"token": "AAAAtopsecret"})
    assert "topsecret" not in "".join(error["msg"] for error in told.value.errors())


def test_tokens_survive_and_are_private(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "deep" / "x.json")
    assert file.load() == {}
    with file.lock():
        file.save({"refresh": "一"})
    assert file.load() == {"refresh": "一"}
    assert file.path.stat().st_mode & 0o077 == 0
    file.path.write_text("{")
    with pytest.raises(NotAllowed, match="sign in again"):
        file.load()


def count_up(path: Path) -> None:
    file = TokenFile(path)
    for _ in range(20):
        with file.lock():
            file.save({"n": str(int(file.load().get("n", "0")) + 1)})


def test_two_processes_never_use_a_token_at_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    workers = [spawn.Process(target=count_up, args=(tmp_path / "tokens",)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert TokenFile(tmp_path / "tokens").load() == {"n": "60"}
