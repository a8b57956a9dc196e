"""The heartbeat: a cron monitor's URL is asked for when a run begins and ends. Its failure is a warning, never more."""

from __future__ import annotations

import http.client
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from digest import __version__

__all__ = ["ping"]

PATIENCE = 10.0  # seconds


def ping(url: str) -> str:
    """Ask for a URL (checked by the configuration: https, or http on this machine); gives a warning, or nothing."""
    asked = Request(url, headers={"User-Agent": f"digest-mailer/{__version__}"})  # noqa: S310 - see above
    try:
        with urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310
            answer.read(1000)
    except HTTPError as error:
        error.close()
        return f"the heartbeat URL answered {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"the heartbeat URL could not be asked for: {getattr(error, 'reason', None) or error}"
    return ""
