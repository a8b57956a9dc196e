"""`make golden`: write the messages anew. Read the diff before you keep it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.golden.issues import FOLDER, GOLDENS, received


def rewrite() -> None:
    """Write every message, and take away those that no issue stands for."""
    for path in FOLDER.glob("*.eml"):
        if path.stem not in GOLDENS:
            path.unlink()
            print(f"removed  {path.name}")
    for name, golden in GOLDENS.items():
        with tempfile.TemporaryDirectory(prefix="digest-golden-") as folder:
            first, *_ = received(golden, Path(folder))
        path = FOLDER / f"{name}.eml"
        before = path.read_bytes() if path.exists() else None
        path.write_bytes(first.data)
        print(f"{'same    ' if before == first.data else 'written '} {path.name}")


if __name__ == "__main__":
    rewrite()
