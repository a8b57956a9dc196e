"""What every test may use: where real posts lie (when they are there), and what is skipped without a browser."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.smtp_server import SmtpServer

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each program that a test starts would compile all of it anew
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it for what runs in its background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # else the programs that tests start hear no Ctrl-C


def need(found: object, what: str) -> None:
    """Skip with one clear line where a test's means are missing; under CI=true that is a failure."""
    if found:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is not installed")


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """A relay that takes everything, unless its script says otherwise."""
    with SmtpServer() as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    need(path, "Chromium (Debian package chromium)")
    assert path
    return path


@pytest.fixture(scope="session")
def spamassassin() -> str:
    """The path of SpamAssassin."""
    path = shutil.which("spamassassin")
    need(path, "SpamAssassin (Debian package spamassassin)")
    assert path
    return path


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real posts of real sites; they are no part of the project, so a clone alone skips these tests."""
    path = SHARED / "corpus"
    if not path.is_dir():
        pytest.skip("the corpus of real posts is not beside this checkout")
    return path


@pytest.fixture(scope="session")
def seed() -> Path:
    """One post as a user has it, scraped from the web."""
    path = SHARED / "seed"
    if not path.is_dir():
        pytest.skip("the seed post is not beside this checkout")
    return next(path.glob("*.txt"))
