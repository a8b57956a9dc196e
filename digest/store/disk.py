"""Is this folder fit for a ledger: may it be written, and is its disk in this machine. Opens no database."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from digest.errors import DigestError, DiskFull, StateRefused

__all__ = ["can_write", "file_system", "make_folder", "refuse_network", "translate_os_error"]

# Locks and shared memory are the ground that a WAL stands on. On these they are another machine's, or a story.
# fmt: off
NETWORK = frozenset({
    "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre",
    "ncpfs", "nfs", "nfs4", "ocfs2", "prl_fs", "smb2", "smb3", "smbfs", "sshfs", "vboxsf", "vmhgfs",
    "fuse.ceph", "fuse.curlftpfs", "fuse.davfs2", "fuse.gcsfuse", "fuse.glusterfs", "fuse.goofys",
    "fuse.grpcfuse", "fuse.juicefs", "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs",
    "fuse.vmhgfs-fuse",
})
# fmt: on
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MOUNTS = Path("/proc/mounts")


def make_folder(folder: Path) -> None:
    """Make the state folder, for its owner alone; it holds addresses and a secret."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise translate_os_error(exc, f"the state folder {folder}") from exc
    if not can_write(folder):
        raise StateRefused(
            f"the state folder {folder} cannot be written",
            hint=f"Give the user {os.geteuid()} the right to write it, or set [state] path.",
        )


def can_write(path: Path) -> bool:
    """Say whether this process may write a file, or make files in a folder."""
    wish = os.W_OK | os.X_OK if path.is_dir() else os.W_OK
    return os.access(path, wish, effective_ids=os.access in os.supports_effective_ids)


def translate_os_error(exc: OSError, thing: str) -> DigestError:
    """Say what the system said of our own files in the words of errors.py."""
    if exc.errno in FULL:
        return DiskFull(f"the disk is full: {thing} could not be written", hint="Make room and run again.")
    if exc.errno == errno.EIO:
        return DiskFull(
            f"the disk is failing: {thing} could not be read or written ({exc.strerror})",
            hint="Look at the disk, then run again; what was recorded before still stands.",
        )
    return StateRefused(
        f"{thing} cannot be used: {exc.strerror}",
        hint=f"The user {os.geteuid()} must be able to write it; or set [state] path to another folder.",
    )


def refuse_network(folder: Path, mounts: str | None = None) -> None:
    """Refuse a folder that lies on another machine. `mounts`: what /proc/mounts says (where there is none: nothing)."""
    if mounts is None:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace") if MOUNTS.exists() else ""
    kind = file_system(folder.resolve(), mounts)
    if kind in NETWORK:
        raise StateRefused(
            f"the state folder {folder} lies on a network file system ({kind}), where locks cannot be trusted",
            hint="Set [state] path to a folder on a disk of this machine; many machines share a PostgreSQL instead.",
        )


def file_system(folder: Path, mounts: str) -> str:
    """Name the kind of file system that holds a folder, of the lines of /proc/mounts; the longest mount point wins."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescaped(fields[1]))
        # A later mount hides an earlier one on the same point.
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind


def _unescaped(field: str) -> str:
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, sign)
    return field
