"""A sender in a process of its own, for tests that kill it: FOLDER PORT CONNECTIONS BOOT."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from digest.deliver.transports import smtp
from digest.settings import Smtp
from tests.deliver.issue_at_hand import ISSUE, counts, opened, send


def main(folder: Path, port: int, connections: int, boot: str) -> None:
    """Go on with the issue that is in the folder, and say how it ended."""
    with closing(opened(folder, boot=boot)) as store:
        issue = store.issue(ISSUE)
        assert issue is not None
        options = Smtp(host="127.0.0.1", port=port, tls="none", connections=connections, timeout=5)
        with closing(smtp.open(options)) as transport:
            result = send(store, issue, transport, batch_size=32)
        print(result.why, counts(store).sent, counts(store).uncertain, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
