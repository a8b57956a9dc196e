"""digest: pick the week's posts, make one beautiful e-mail of them, and get it to every subscriber once, provably.

The public names stand in `digest.model` (the values that flow), `digest.errors`, `digest.interfaces` (what a plug must
be) and `digest.testing` (builders and fakes). The command is `digest`.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
