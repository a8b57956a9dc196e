"""kind = "file": each message becomes one file, for looking at, for tests, and for other programs to take on.

`eml`: PATH/NAME.eml. `maildir`: PATH/new/NAME, which mail programs open as a folder. NAME is made of the Message-ID,
so that writing a message again replaces it. A file is there whole or not at all, and stays after a power cut.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from digest.deliver.one_by_one import hand_over
from digest.errors import ConfigError, DigestError, DiskFull
from digest.interfaces import Feed, Job

__all__ = ["Options", "open"]

IDENTITY = re.compile(rb"^Message-ID:[ \t]*(?:\r\n[ \t]+)?<([^<>\r\n]+)>", re.IGNORECASE | re.MULTILINE)
UNSAFE = re.compile(r"[^A-Za-z0-9._@+=-]")
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """[transport] kind = "file": the folder (of the project, unless absolute), and `eml` or `maildir`."""

    path: Path = Path("outbox")
    format: str = "eml"


class Folder:
    """The transport: writes beside, then renames."""

    def __init__(self, folder: Path, *, maildir: bool) -> None:
        self._beside = folder / "tmp" if maildir else folder
        self._place = folder / "new" if maildir else folder
        self._ending = "" if maildir else ".eml"
        self._folders = [folder / name for name in ("tmp", "new", "cur")] if maildir else [folder]
        self._root = folder

    def deliver(self, feed: Feed) -> None:
        """Write until the feed has nothing more. Raises DiskFull; ConfigError where the folder cannot be written."""
        try:
            for folder in self._folders:
                folder.mkdir(parents=True, exist_ok=True)
            hand_over(feed, self._write)
        except OSError as error:
            raise self._told(error) from error

    def close(self) -> None:
        """There is nothing to close."""

    def _write(self, job: Job, data: bytes) -> str:
        name = name_of(data) + self._ending
        beside, place = self._beside / f".{name}.{os.getpid()}", self._place / name
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(place)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        self._fsync_folder()
        return f"written to {name}"

    def _fsync_folder(self) -> None:
        handle = os.open(self._place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _told(self, error: OSError) -> DigestError:
        if error.errno in FULL:
            return DiskFull(f"{self._root} is full: {error.strerror}", hint="make room; the next run goes on")
        return ConfigError(
            f"messages cannot be written to {self._root}: {error.strerror}",
            hint="check [transport] path and the rights on it",
        )


def open(options: Options, *, project: Path = Path()) -> Folder:  # noqa: A001  # a plug's name for it
    """Give the transport; nothing is written before the first message. Raises ConfigError for an unknown format."""
    if options.format not in ("eml", "maildir"):
        raise ConfigError(f'[transport] format = "{options.format}" is unknown', hint='say "eml" or "maildir"')
    return Folder(project / options.path, maildir=options.format == "maildir")


def name_of(data: bytes) -> str:
    """A file name for a message: its Message-ID, made harmless; without one, a hash of its octets."""
    head = data[: data.find(b"\r\n\r\n") + 2] if b"\r\n\r\n" in data else data
    found = IDENTITY.search(head)
    identity = UNSAFE.sub("_", found[1].decode("ascii", "replace")).strip(".")[:150] if found else ""
    return identity or sha256(data).hexdigest()[:32]
