"""Which folders are fit for a ledger."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from digest.errors import DiskFull, StateRefused
from digest.store import disk
from digest.store.disk import file_system, make_folder, refuse_network, translate_os_error

MOUNTS = r"""
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/local ext4 rw 0 0
//server/share /mnt/with\040blank cifs rw 0 0
ada@server: /mnt/ssh fuse.sshfs rw 0 0
portal /run/user/1000/doc fuse.portal rw 0 0
C:\134 /mnt/c 9p rw 0 0
/dev/vdc /over ext4 rw 0 0
server:/over /over nfs rw 0 0

broken
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/digest", "ext4"),
        ("/home", "nfs4"),
        ("/home/ada/site/.digest", "nfs4"),
        ("/home/local/site", "ext4"),
        ("/homestead", "ext4"),
        ("/mnt/with blank/x", "cifs"),
        ("/mnt/ssh/x", "fuse.sshfs"),
        ("/run/user/1000/doc/x", "fuse.portal"),
        ("/mnt/c/x", "9p"),
        ("/over/x", "nfs"),
    ],
)
def test_the_longest_mount_point_holds_a_folder(folder: str, kind: str) -> None:
    """By whole names, with blanks in them; of two mounts on one point the later."""
    assert file_system(Path(folder), MOUNTS) == kind


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "apfs", "fuse.portal", "virtiofs"])
def test_disks_of_this_machine_are_fit(tmp_path: Path, kind: str) -> None:
    """And so is a system without /proc/mounts."""
    refuse_network(tmp_path, f"/dev/x / {kind} rw 0 0")
    refuse_network(tmp_path, "")


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.s3fs", "ceph", "vboxsf"])
def test_network_file_systems_are_refused(tmp_path: Path, kind: str) -> None:
    """Locks and WAL lie there. The sentence names the folder and the kind."""
    with pytest.raises(StateRefused, match=f"network file system .{kind}.") as caught:
        refuse_network(tmp_path, f"x / {kind} rw 0 0")
    assert caught.value.exit_code == 78
    assert "[state] path" in caught.value.hint


def test_this_machine_s_own_mounts_can_be_read(tmp_path: Path) -> None:
    """The real file, where there is one: a temporary folder is fit."""
    refuse_network(tmp_path)
    if disk.MOUNTS.exists():
        assert file_system(tmp_path.resolve(), disk.MOUNTS.read_text()) != ""


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_told_from_a_shut_one(number: int) -> None:
    """75 goes on by itself, 78 does not."""
    assert isinstance(translate_os_error(OSError(number, "x"), "the lock"), DiskFull)
    assert isinstance(translate_os_error(OSError(errno.EROFS, "read-only"), "the lock"), StateRefused)
    failing = translate_os_error(OSError(errno.EIO, "input/output error"), "the lock")
    assert isinstance(failing, DiskFull)
    assert "failing" in failing.message


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    """And found again; a file in its place is refused."""
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    with pytest.raises(StateRefused):
        make_folder(tmp_path / "file")
