"""`python -m digest` is the command."""

from __future__ import annotations

from digest.cli import main

main()
