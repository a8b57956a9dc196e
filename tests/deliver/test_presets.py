"""What is said of well-known relays: each figure with its source and month, and the docs in step with the data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from digest.deliver.presets import FIGURES, NONE, NOT_PUBLISHED, OURS, PRESETS, Preset, known

DOCS = Path(__file__).parents[2] / "docs" / "delivery.md"
COLUMNS = (
    "preset",
    "host and port",
    "rate",
    "a day",
    "connections",
    "each",
    "size",
    "Message-ID",
    "Date",
    "bounces to",
)


@pytest.mark.parametrize("name", PRESETS)
def test_each_figure_has_a_source(name: str) -> None:
    """A figure without a source is a rumour, and a source without a figure is one that was lost: address and month."""
    preset = PRESETS[name]
    said = {figure for figure in FIGURES if getattr(preset, figure) not in (None, "", NOT_PUBLISHED)}
    assert set(preset.sources) == said
    for figure, source in preset.sources.items():
        assert source == OURS or re.search(r"https://\S+\.\S+.* \(20\d\d-\d\d\)$", source), (figure, source)
        assert "?utm" not in source
    assert preset.tls in ("starttls", "tls")
    assert {preset.message_id, preset.date, preset.envelope} <= {"kept", "replaced", NOT_PUBLISHED}
    assert preset.rate is None or 0 < preset.rate <= 100


@pytest.mark.parametrize(
    ("preset", "host", "relay"),
    [
        ("ses", "", "ses"),
        ("", "email-smtp.eu-west-1.amazonaws.com", "ses"),
        ("", "SMTP.Postmarkapp.com", ""),
        ("", "smtp-broadcasts.POSTMARKAPP.com", "postmark"),
        ("", "email-smtp.amazonaws.com", ""),
        ("", "smtp.example.org", ""),
        ("", "", ""),
    ],
)
def test_a_relay_is_known_by_its_name_or_by_its_host(preset: str, host: str, relay: str) -> None:
    """Whoever writes the host alone gets what is true of that relay; a host that is nobody's gets nothing."""
    assert known(preset, host) is (PRESETS[relay] if relay else NONE)


def of_ours(preset: Preset, figure: str, text: str) -> str:
    """A figure of ours stands in brackets."""
    return f"({text})" if preset.sources.get(figure, "").startswith(OURS) else text


def number(preset: Preset, figure: str) -> str:
    """A whole number, or a dash where there is none."""
    value = getattr(preset, figure)
    return "—" if value is None else of_ours(preset, figure, f"{value:,}")


def row(name: str, preset: Preset) -> tuple[str, ...]:
    """What the table of the docs has to say of a relay."""
    rate = "—"
    if preset.rate is not None:
        unit, seconds = next((u, s) for u, s in (("s", 1), ("min", 60), ("h", 3600)) if preset.rate * s >= 0.999)
        rate = of_ours(preset, "rate", f"{preset.rate * seconds:g}/{unit}")
    return (
        f"`{name}`",
        f"{preset.host or 'yours'}:{preset.port}",
        rate,
        number(preset, "daily"),
        number(preset, "connections"),
        number(preset, "per_connection"),
        "—" if preset.size is None else f"{preset.size / 1_000_000:g} MB",
        preset.message_id,
        preset.date,
        preset.envelope,
    )


def test_the_docs_say_what_the_data_say() -> None:
    """Row by row, and source by source."""
    text = DOCS.read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("| `") and line.count("|") == len(COLUMNS) + 1]
    shown = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table]
    assert shown == [row(name, preset) for name, preset in PRESETS.items()]
    assert f"| {' | '.join(COLUMNS)} |" in text
    flowing = " ".join(text.split())
    for name, preset in PRESETS.items():
        for figure, source in preset.sources.items():
            assert source == OURS or f"`{name}` {figure}: {source}" in flowing, (name, figure)
