"""Secrets are found in a fixed order, never asked for and never shown."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from digest import credentials
from digest.credentials import Credentials, relay, signing_secret, weakness
from digest.errors import SecretMissing, StateRefused
from digest.settings import Config, Plug, Smtp, State

SECRET_ENV = "DIGEST_SMTP_USER=file-user\nDIGEST_SMTP_PASSWORD=file-password\n"


def config(root: Path, **smtp: object) -> Config:
    options = Smtp(host="smtp.example.org", **smtp)  # type: ignore[arg-type]
    return Config(root=root, file=root / "digest.toml", transport=Plug(name="smtp", kind="smtp", options=options))


def keep(root: Path, name: str, text: str, mode: int = 0o600) -> Path:
    file = root / ".digest" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


PATH = {"PATH": os.defpath}

# ------------------------------------------------------------------------------------------------ the relay


def test_no_user_is_no_sign_in(tmp_path: Path) -> None:
    """A local relay asks for nothing; a transport that is no relay never has credentials."""
    assert relay(config(tmp_path), {}) == Credentials(origin="no user")
    files = Config(root=tmp_path, file=tmp_path / "digest.toml", transport=Plug(name="t", kind="file", options=None))
    assert relay(files, {"DIGEST_SMTP_USER": "u", "DIGEST_SMTP_PASSWORD": "p"}).user == ""
    assert relay(Config(root=tmp_path, file=tmp_path), {}).user == ""


def test_the_environment_comes_first_and_then_nothing_else_is_looked_at(tmp_path: Path) -> None:
    """With both in the environment, a file that others can read is no matter."""
    keep(tmp_path, "secrets.env", SECRET_ENV, 0o644)
    found = relay(config(tmp_path), {"DIGEST_SMTP_USER": "u", "DIGEST_SMTP_PASSWORD": "p"})
    assert (found.user, found.password, found.origin) == ("u", "p", "DIGEST_SMTP_PASSWORD")


def test_secrets_env_comes_second(tmp_path: Path) -> None:
    """It gives what the environment does not, and beats a command."""
    keep(tmp_path, "secrets.env", f"# relay\n\nexport {SECRET_ENV}OTHER='a b'\n")
    both = relay(config(tmp_path, password_command=python("print('command')")), {})
    assert (both.user, both.password, both.origin) == ("file-user", "file-password", "secrets.env")
    assert relay(config(tmp_path), {"DIGEST_SMTP_USER": "u"}).user == "u"
    assert relay(config(tmp_path), {"DIGEST_SMTP_PASSWORD": "p"}) == Credentials(
        user="file-user", password="p", origin="DIGEST_SMTP_PASSWORD"
    )


@pytest.mark.parametrize(
    ("written", "password"), [("'p w'", "p w"), ('"p=w#"', "p=w#"), ("p'w", "p'w"), ("  x  ", "x"), ("'", "'")]
)
def test_values_of_secrets_env_are_read_as_a_shell_would(tmp_path: Path, written: str, password: str) -> None:
    """Quotes around a value are no part of it; a sign inside is."""
    keep(tmp_path, "secrets.env", f"DIGEST_SMTP_USER=u\r\nDIGEST_SMTP_PASSWORD={written}\r\n")
    assert relay(config(tmp_path), {}).password == password


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Group and others, each alone; the hint is the command that mends it."""
    file = keep(tmp_path, "secrets.env", SECRET_ENV, mode)
    with pytest.raises(StateRefused, match="read by others") as caught:
        relay(config(tmp_path), {})
    assert caught.value.hint == f"chmod 600 {file}"
    assert "file-password" not in f"{caught.value}{caught.value.hint}"


def test_a_line_that_cannot_be_read_is_told_by_its_number_and_never_shown(tmp_path: Path) -> None:
    """It may be the password itself, pasted."""
    keep(tmp_path, "secrets.env", "DIGEST_SMTP_USER=u\nhunter2\n")
    with pytest.raises(StateRefused) as caught:
        relay(config(tmp_path), {})
    assert (caught.value.line, caught.value.file) == (2, ".digest/secrets.env")
    assert "hunter2" not in f"{caught.value}{caught.value.hint}"


def test_what_is_no_file_does_not_hang(tmp_path: Path) -> None:
    """A pipe in the place of secrets.env would block an open for ever; a folder is none."""
    (tmp_path / ".digest").mkdir()
    pipe = tmp_path / ".digest" / "secrets.env"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(StateRefused, match="is no file"):
        relay(config(tmp_path), {})
    pipe.unlink()
    pipe.mkdir()
    with pytest.raises(StateRefused):
        relay(config(tmp_path), {})


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    """A link that leads round in a circle stands for all that the system may answer."""
    (tmp_path / ".digest").mkdir()
    (tmp_path / ".digest" / "secrets.env").symlink_to("secrets.env")
    with pytest.raises(StateRefused, match="cannot be read: Too many levels") as caught:
        relay(config(tmp_path), {})
    assert caught.value.hint


def test_a_password_without_a_user_is_told(tmp_path: Path) -> None:
    """Signing in as nobody would look like a refused relay."""
    with pytest.raises(SecretMissing, match="user is missing"):
        relay(config(tmp_path), {"DIGEST_SMTP_PASSWORD": "hunter2"})
    with pytest.raises(SecretMissing, match="no user"):
        relay(config(tmp_path, password_command=python("print('p')")), {})
    keep(tmp_path, "secrets.env", "DIGEST_SMTP_PASSWORD=hunter2\n")
    with pytest.raises(SecretMissing, match="user is missing") as caught:
        relay(config(tmp_path), {})
    assert "hunter2" not in f"{caught.value}{caught.value.hint}"


def test_a_user_without_a_password_names_all_four_places(tmp_path: Path) -> None:
    """It is never asked for: the sentence says where it may stand."""
    with pytest.raises(SecretMissing) as caught:
        relay(config(tmp_path), {"DIGEST_SMTP_USER": "u", **PATH})
    assert caught.value.exit_code == 78
    for place in ("DIGEST_SMTP_PASSWORD", ".digest/secrets.env", "password_command", "keyring"):
        assert place in caught.value.hint


def test_an_oauth2_file_needs_no_password(tmp_path: Path) -> None:
    """The relay is signed in to with a token; the user alone is needed."""
    found = relay(config(tmp_path, oauth2_file="/x.json"), {"DIGEST_SMTP_USER": "u"})
    assert (found.user, found.password, found.origin) == ("u", "", "smtp.oauth2_file")


def test_credentials_never_show_the_password() -> None:
    """A traceback or a log line with them is harmless."""
    assert "hunter2" not in repr(Credentials(user="u", password="hunter2", origin="x"))


# ------------------------------------------------------------------------------------------------ the command


def test_a_command_comes_third_and_gives_its_first_line(tmp_path: Path) -> None:
    """As password stores print: the password, then notes. It runs in the project, without a shell."""
    code = "import os,sys; print(f'p $HOME {os.path.basename(os.getcwd())} {os.environ[\"X\"]}'); print('notes')"
    found = relay(config(tmp_path, password_command=python(code)), {"DIGEST_SMTP_USER": "u", "X": "x"})
    assert found.password == f"p $HOME {tmp_path.name} x"
    assert found.origin == "smtp.password_command"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (python("import sys; sys.exit('locked')"), "exit code 1: locked"),
        (python("pass"), "printed nothing"),
        (python("print()"), "printed nothing"),
        (("/nowhere/pass",), "cannot be run: No such file"),
    ],
)
def test_a_command_that_fails_is_shown_with_its_own_words(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """Program, exit code and what it wrote to stderr; never what it printed."""
    with pytest.raises(SecretMissing) as caught:
        relay(config(tmp_path, password_command=words), {"DIGEST_SMTP_USER": "u"})
    assert said in caught.value.message
    assert words[0] in caught.value.message
    assert caught.value.hint


def test_what_a_failing_command_printed_is_not_shown(tmp_path: Path) -> None:
    """It may have printed the password before it failed."""
    with pytest.raises(SecretMissing) as caught:
        relay(
            config(tmp_path, password_command=python("print('hunter2'); raise SystemExit(3)")),
            {"DIGEST_SMTP_USER": "u"},
        )
    assert "exit code 3" in caught.value.message
    assert "hunter2" not in f"{caught.value}{caught.value.hint}"


def test_a_command_that_waits_is_stopped_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that holds the pipe must not keep a run waiting; it gets no input and no terminal."""
    monkeypatch.setattr(credentials, "PATIENCE", 0.5)
    mark = tmp_path / "child"
    child = f"import time; time.sleep(1.5); open({str(mark)!r}, 'w')"
    code = (
        "import subprocess, sys, time; print('pinentry', file=sys.stderr, flush=True)\n"
        f"subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    )
    began = time.monotonic()
    with pytest.raises(SecretMissing, match=r"no answer in 0\.5 seconds: pinentry"):
        relay(config(tmp_path, password_command=python(code)), {"DIGEST_SMTP_USER": "u"})
    assert time.monotonic() - began < 10
    time.sleep(2)
    assert not mark.exists()


def test_a_person_may_take_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody sits at the machine, an agent's window may wait for them."""
    monkeypatch.setattr(credentials, "PATIENCE", 0.1)
    slow = config(tmp_path, password_command=python("import time; time.sleep(0.6); print('p')"))
    assert relay(slow, {"DIGEST_SMTP_USER": "u"}, interactive=True).password == "p"


def test_a_command_cannot_ask_the_terminal(tmp_path: Path) -> None:
    """Where this process has a terminal, the command still has none, and its input is at its end."""
    command = (
        "import sys\n"
        "try: open('/dev/tty'); print('asked')\n"
        "except OSError: print('nobody' if sys.stdin.read() == '' else 'asked')"
    )
    outer = (
        "import os, sys; from pathlib import Path; from digest.credentials import relay;"
        "from digest.settings import Config, Plug, Smtp\n"
        "os.open(sys.argv[1], os.O_RDWR)  # the first terminal that a session's leader opens is the session's\n"
        "open('/dev/tty').close()\n"
        "smtp = Smtp(host='h', password_command=(sys.executable, '-c', sys.argv[2]))\n"
        "config = Config(root=Path(sys.argv[3]), file=Path(), transport=Plug(name='smtp', kind='smtp', options=smtp))\n"
        "print(relay(config, {'DIGEST_SMTP_USER': 'u'}, interactive=True).password)"
    )
    parent, child = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", outer, os.ttyname(child), command, str(tmp_path)],
            start_new_session=True,
            capture_output=True,
            text=True,
            stdin=child,
            timeout=60,
            cwd=Path(__file__).parents[1],
        )
    finally:
        os.close(parent)
        os.close(child)
    assert (done.stdout.strip(), done.stderr) == ("nobody", "")


# ------------------------------------------------------------------------------------------------ the keyring


def keyring(folder: Path, body: str) -> dict[str, str]:
    """A program `keyring` on the PATH, as the package installs one."""
    folder.mkdir()
    program = folder / "keyring"
    program.write_text(f"#!{sys.executable}\nimport os, sys\n{body}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"DIGEST_SMTP_USER": "u", "PATH": str(folder), "DISPLAY": ":0"}


def test_the_keyring_comes_last(tmp_path: Path) -> None:
    """Asked for the user under the service `digest`, without a display to prompt on."""
    body = "print('|'.join(sys.argv[1:]), 'DISPLAY' in os.environ)"
    found = relay(config(tmp_path), keyring(tmp_path / "bin", body))
    assert (found.password, found.origin) == ("get|digest|u False", "keyring")


@pytest.mark.parametrize(
    "body", ["sys.exit(1)", "sys.exit('no backend')", "print(input('Password: '))", "raise OSError"]
)
def test_a_keyring_that_has_nothing_or_would_ask_is_none(tmp_path: Path, body: str) -> None:
    """A locked one ends with an error, and the sentence names every place."""
    with pytest.raises(SecretMissing, match="nowhere"):
        relay(config(tmp_path), keyring(tmp_path / "bin", body))


def test_a_keyring_that_cannot_start_is_none(tmp_path: Path) -> None:
    """A broken installation is no traceback."""
    environment = keyring(tmp_path / "bin", "")
    (tmp_path / "bin" / "keyring").write_text("#!/nowhere/python\n", encoding="utf-8")
    with pytest.raises(SecretMissing, match="nowhere"):
        relay(config(tmp_path), environment)


# ------------------------------------------------------------------------------------------------ the signing secret


def test_nothing_makes_a_secret_by_itself(tmp_path: Path) -> None:
    """With a new secret every link already out would die: looking for one leaves no trace."""
    assert signing_secret(config(tmp_path), {}, create=False) is None
    assert list(tmp_path.iterdir()) == []


def test_the_environments_secret_wins_and_no_file_is_made(tmp_path: Path) -> None:
    """Any text will do; the blanks around it are an accident."""
    assert signing_secret(config(tmp_path), {"DIGEST_SECRET": " s3cret\n"}, create=True) == b"s3cret"
    assert list(tmp_path.iterdir()) == []
    keep(tmp_path, "secrets.env", "DIGEST_SECRET=from-file\n")
    assert signing_secret(config(tmp_path), {"DIGEST_SECRET": ""}, create=True) == b"from-file"


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """The second call finds the first one's, in a folder and a file that nobody else can read."""
    made = signing_secret(config(tmp_path), {}, create=True)
    assert made
    assert len(made) == 64
    assert signing_secret(config(tmp_path), {}, create=True) == made
    assert signing_secret(config(tmp_path), {}, create=False) == made
    assert stat.S_IMODE((tmp_path / ".digest").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / ".digest" / "secret").stat().st_mode) == 0o600
    assert [p.name for p in (tmp_path / ".digest").iterdir()] == ["secret"]


def test_many_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    """Two first runs at the same moment: one wins, whole, and both sign alike."""
    found: list[bytes | None] = []
    start = threading.Barrier(8)

    def look() -> None:
        start.wait()
        found.append(signing_secret(config(tmp_path), {}, create=True))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert found[0]


def test_a_secret_that_was_lost_or_laid_open_is_refused(tmp_path: Path) -> None:
    """An empty file is never filled anew, and one that others read signs nothing."""
    file = keep(tmp_path, "secret", "\n")
    with pytest.raises(StateRefused, match="is empty"):
        signing_secret(config(tmp_path), {}, create=True)
    file.write_text("s" * 64)
    file.chmod(0o644)
    with pytest.raises(StateRefused, match="read by others"):
        signing_secret(config(tmp_path), {}, create=True)


def test_a_state_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / ".digest").write_text("")
    with pytest.raises(StateRefused, match="cannot be written") as caught:
        signing_secret(config(tmp_path), {}, create=True)
    assert "[state] path" in caught.value.hint


def test_the_state_folder_may_lie_elsewhere(tmp_path: Path) -> None:
    """[state] path is followed, absolute too."""
    there = Config(root=tmp_path, file=tmp_path / "digest.toml", state=State(path=tmp_path / "a" / "b"))
    assert signing_secret(there, {}, create=True)
    assert (tmp_path / "a" / "b" / "secret").is_file()


@pytest.mark.parametrize(("secret", "weak"), [(b"", True), (b"short", True), (b"x" * 15, True), (b"x" * 16, False)])
def test_a_short_secret_is_a_warning_that_does_not_show_it(secret: bytes, weak: bool) -> None:
    """It can be guessed offline from one link."""
    text = weakness(secret)
    assert bool(text) is weak
    assert "short" not in text.removeprefix("DIGEST_SECRET")
