"""The front door: parse, call one function of `app`, print through `output`."""


def main() -> None:
    """Entry point of the command."""
