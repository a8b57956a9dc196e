"""Pictures for tests, made in memory: any format, any defect."""

from __future__ import annotations

import random
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

__all__ = ["animation", "drawing", "encoded", "noise", "photo"]


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The octets of a picture as a file of that format."""
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@cache
def photo(width: int = 1600, height: int = 800) -> Image.Image:
    """Soft colours and a little grain, brighter to one side: which side is up can be told."""
    wide = Image.linear_gradient("L").resize((width, height))
    high = Image.linear_gradient("L").rotate(90).resize((width, height))
    soft = Image.merge("RGB", (wide, high, Image.new("L", (width, height), 90)))
    return Image.blend(soft, noise(width // 4, height // 4).resize((width, height)), 0.2)


@cache
def noise(width: int, height: int, mode: str = "RGB", seed: int = 1) -> Image.Image:
    """What no format makes smaller."""
    octets = random.Random(seed).randbytes(width * height * len(mode))
    return Image.frombytes(mode, (width, height), octets)


def drawing(width: int = 200, height: int = 100, mode: str = "RGBA") -> Image.Image:
    """A disc on nothing: few colours, and something shines through."""
    made = Image.new(mode, (width, height))
    ImageDraw.Draw(made).ellipse((10, 10, height - 10, height - 10), fill=(11, 107, 93, 255)[: len(mode)])
    return made


def animation(width: int = 120, height: int = 60, frames: int = 5, **options: Any) -> bytes:
    """A GIF that moves."""
    shots = [Image.new("RGB", (width, height), (40 * n % 256, 80, 120)) for n in range(frames)]
    return encoded(shots[0], "GIF", save_all=True, append_images=shots[1:], duration=80, loop=0, **options)
