"""Emoji shortcodes (`:tada:`) as characters: the names people type on code sites, else the Unicode name itself."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["emojified"]

SHORTCODE = re.compile(r"(?<![\w:]):([a-z0-9+_-]{2,40}):(?![\w:])")
LEAST = 0x2190  # below it no sign is an emoji

# Only names that differ from the Unicode one.
ALIASES = {
    "+1": "👍", "-1": "👎", "100": "💯", "airplane": "✈️", "arrow_down": "⬇️", "arrow_left": "⬅️", "arrow_right": "➡️",
    "arrow_up": "⬆️", "beer": "🍺", "beers": "🍻", "bell": "🔔", "blush": "😊", "boom": "💥", "bulb": "💡",
    "cake": "🍰", "camera": "📷", "chart_with_upwards_trend": "📈", "clap": "👏", "cloud": "☁️", "coffee": "☕",
    "computer": "💻", "confetti_ball": "🎊", "construction": "🚧", "crab": "🦀", "cry": "😢", "email": "✉️",
    "exclamation": "❗", "eyes": "👀", "fire": "🔥", "gear": "⚙️", "gift": "🎁", "globe_with_meridians": "🌐",
    "grin": "😁", "handshake": "🤝", "heart": "❤️", "heart_eyes": "😍", "heavy_check_mark": "✔️", "hugs": "🤗",
    "information_source": "ℹ️", "joy": "😂", "key": "🔑", "laughing": "😆", "link": "🔗", "lock": "🔒",
    "mag": "🔍", "mega": "📣", "memo": "📝", "muscle": "💪", "ok_hand": "👌", "party_popper": "🎉",
    "partying_face": "🥳", "pencil": "📝", "pencil2": "✏️", "point_right": "👉", "point_down": "👇", "poop": "💩",
    "pray": "🙏", "question": "❓", "raised_hands": "🙌", "recycle": "♻️", "robot": "🤖", "rofl": "🤣",
    "shield": "🛡️", "slightly_smiling_face": "🙂", "smile": "😄", "smiley": "😃", "smirk": "😏", "snake": "🐍",
    "snowflake": "❄️", "sob": "😭", "star": "⭐", "star2": "🌟", "sunglasses": "😎", "sunny": "☀️", "sweat_smile": "😅",
    "tada": "🎉", "thinking": "🤔", "thumbsdown": "👎", "thumbsup": "👍", "tools": "🛠️", "trophy": "🏆", "up": "🆙",
    "v": "✌️", "warning": "⚠️", "wave": "👋", "white_check_mark": "✅", "wink": "😉", "wrench": "🔧", "x": "❌",
    "zap": "⚡",
}  # fmt: skip


def emojified(text: str) -> str:
    """Put characters in place of the shortcodes that are known; leave all else."""
    return SHORTCODE.sub(_character, text) if ":" in text else text


def _character(found: re.Match[str]) -> str:
    name = found[1]
    if name in ALIASES:
        return ALIASES[name]
    try:
        sign = unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return found[0]
    return sign if ord(sign[0]) >= LEAST and unicodedata.category(sign[0]) == "So" else found[0]
