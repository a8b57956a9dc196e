"""Pictures that lie on this machine: how large they are, and how one looks that goes along inside the message.

Works on octets and opens nothing: a reader is handed in. Whatever is wrong with a picture is said in one sentence
(`Unfit`) and costs that picture alone. Nothing is ever fetched: a picture of the web keeps its address.

What mail clients show everywhere is JPEG, PNG and GIF, upright, in sRGB. So whatever goes along is turned by its EXIF
orientation, made as small as it is shown (twice that, for fine screens), converted, and written without metadata.
"""

from __future__ import annotations

import re
import warnings
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Opened

__all__ = ["EACH", "NO_PICTURE", "TOGETHER", "Made", "TooHeavy", "Unfit", "digest_of", "made", "measured"]

EACH = 200_000  # octets of one picture inside a message
TOGETHER = 1_000_000  # of all of them
MOST_PIXELS = 50_000_000  # a photograph has 12 to 48 million; beyond lies what fills the memory
MOST_FRAMES_PIXELS = 40_000_000  # of an animation, all frames together
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")  # a reader that is not named is never asked
LOSSLESS = frozenset({"PNG", "GIF", "BMP", "TIFF"})
TRIES = ((1.0, 82), (1.0, 70), (1.0, 56), (0.75, 70), (0.75, 56), (0.5, 70), (0.5, 50), (0.25, 60))  # (size, quality)
SIDEWAYS = frozenset({5, 6, 7, 8})  # EXIF orientations that change width and height
ORIENTATION = 0x0112
BEGIN = {"JPEG": b"\xff\xda", "PNG": b"IHDR"}
END = {"JPEG": b"\xff\xd9", "PNG": b"IEND"}  # stands behind, though more may follow: telephones hide films there
KEPT = 256  # pictures that are not made again while this program runs
# What some mail clients do not show, by the end of an address: nothing is fetched to find out.
NO_PICTURE = re.compile(r"\.(svgz?|avif|tiff?|heic)(?:[?#]|$)", re.IGNORECASE)


class Unfit(Exception):
    """What is wrong with a picture, as the end of a sentence that begins with its name."""


class TooHeavy(Unfit):
    """Nothing is wrong with it but its octets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A picture as it goes along: its octets, their type, and its size in pixels."""

    data: bytes
    kind: str
    width: int
    height: int
    stilled: bool = False  # it moved, and was too large for that: this is its first frame


def digest_of(data: bytes) -> str:
    """Name octets by what they are: the same ones have the same name on every machine."""
    return blake2b(data, digest_size=16).hexdigest()


def measured(data: bytes) -> tuple[int, int]:
    """Say how wide and high a picture stands, upright. Raises Unfit; reads its head, and looks for its end."""
    with _opened(data) as opened:
        if opened.format in END and data.rfind(END[opened.format]) <= data.find(BEGIN[opened.format]):
            raise Unfit("is damaged or cut short")
        return _size(opened)


def made(data: bytes, across: int) -> Made:
    """Make the picture that goes along: at most `across` pixels wide and 200 KB large. Raises Unfit.

    The same octets are not made twice while this program runs (they are known by their digest).
    """
    key = (digest_of(data), across)
    found = _KEPT.get(key)
    if found is None:
        found = _made(data, across)
        _KEPT.put(key, found)
    return found


class _Shelf:
    """The pictures made last, by the digest of what they were made of. In memory alone."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._held: OrderedDict[tuple[str, int], Made] = OrderedDict()

    def get(self, key: tuple[str, int]) -> Made | None:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: tuple[str, int], made: Made) -> None:
        with self._lock:
            self._held[key] = made
            while len(self._held) > self._most:
                self._held.popitem(last=False)


_KEPT = _Shelf(KEPT)


# ------------------------------------------------------------------------------------------------ reading


def _opened(data: bytes) -> Opened:
    """Open a picture by its head. What a decoder raises over a broken file is its own affair; here it is Unfit."""
    from PIL import Image, UnidentifiedImageError

    if _is_svg(data):
        raise Unfit("is SVG, which mail clients do not show; save it as PNG")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own limit for pixels, and of tags that it does not understand
            opened = Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as exc:
        raise Unfit("is no picture that can be read (JPEG, PNG, GIF, WebP, AVIF, TIFF and BMP can)") from exc
    except Image.DecompressionBombError as exc:
        raise Unfit("is too large to be read: more than 50 million pixels") from exc
    except Exception as exc:
        raise Unfit("is damaged: even its head cannot be read") from exc
    if opened.width * opened.height > MOST_PIXELS:
        opened.close()
        raise Unfit(f"is too large to be read: {opened.width} × {opened.height} pixels")
    return opened


def _is_svg(data: bytes) -> bool:
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<svg") or (head.startswith((b"<?xml", b"<!doctype", b"<!--")) and b"<svg" in head)


def _size(opened: Opened) -> tuple[int, int]:
    with suppress(Exception):  # broken EXIF is no reason to lose a picture: it stands as it lies
        if opened.getexif().get(ORIENTATION) in SIDEWAYS:
            return opened.height, opened.width
    return opened.width, opened.height


# ------------------------------------------------------------------------------------------------ making


def _made(data: bytes, across: int) -> Made:
    with _opened(data) as opened:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                moving = _animation(opened, data, across)
                return moving or replace(_still(opened, across), stilled=getattr(opened, "n_frames", 1) > 1)
        except Unfit:
            raise
        except Exception as exc:
            raise Unfit("is damaged or cut short") from exc


def _animation(opened: Opened, data: bytes, across: int) -> Made | None:
    """A GIF that moves and is small enough as it is; else its first frame will do."""
    frames = getattr(opened, "n_frames", 1) if opened.format == "GIF" else 1
    fits = len(data) <= EACH and opened.width <= across and frames * opened.width * opened.height <= MOST_FRAMES_PIXELS
    if frames < 2 or not fits:
        return None
    out = BytesIO()
    opened.info.pop("comment", None)
    opened.save(out, "GIF", save_all=True)
    written = out.getvalue()
    fits = len(written) <= EACH
    return Made(data=written, kind="image/gif", width=opened.width, height=opened.height) if fits else None


def _still(opened: Opened, across: int) -> Made:
    lossless = opened.format in LOSSLESS
    opened.draft("RGB", (across * 2, across * 2))  # a JPEG is read at the size that is needed
    upright = _shrunk(_upright(opened), across)
    picture = _in_srgb(upright)
    picture.info.clear()  # or it would be written again: where it was taken, by whom, with what
    if picture.mode == "RGBA":
        return _within(_as_png(picture, share) for share in dict.fromkeys(share for share, _ in TRIES))
    jpeg = _within(_as_jpeg(picture, share, quality) for share, quality in TRIES)
    if lossless:
        png = _as_png(picture, 1.0, palette=False)
        if len(png.data) <= min(EACH, 2 * len(jpeg.data)):  # a drawing stays sharp
            return png
    return jpeg


def _within(tries: Iterable[Made]) -> Made:
    """The first try that is small enough."""
    for one in tries:
        if len(one.data) <= EACH:
            return one
    raise TooHeavy(f"cannot be made smaller than {EACH // 1000} KB")


def _upright(opened: Opened) -> Opened:
    from PIL import ImageOps

    opened.load()
    with suppress(Exception):  # as in `_size`
        return ImageOps.exif_transpose(opened)
    return opened


def _in_srgb(picture: Opened) -> Opened:
    """As RGB, or RGBA where something shines through; a colour profile is worked in, for it will not go along."""
    profile = picture.info.get("icc_profile")
    if picture.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    elif picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        picture = _profiled(picture, profile)
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema()[0] == 255:
        return picture.convert("RGB")
    return picture if picture.mode == "RGBA" else picture.convert("RGB")


def _profiled(picture: Opened, profile: bytes) -> Opened:
    from PIL import ImageCms

    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        given = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(picture, given, ImageCms.createProfile("sRGB"), outputMode=mode) or picture
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # a broken profile: the colours as they are
        return picture


def _shrunk(picture: Opened, across: int) -> Opened:
    from PIL.Image import Resampling

    if picture.width <= across:
        return picture
    if picture.mode in ("P", "PA", "1", "LA"):  # which cannot be made smaller smoothly
        picture = picture.convert("RGBA" if picture.mode != "1" else "L")
    high = max(1, round(picture.height * across / picture.width))
    return picture.resize((across, high), Resampling.LANCZOS, reducing_gap=3.0)


def _as_jpeg(picture: Opened, share: float, quality: int) -> Made:
    smaller = _shrunk(picture, max(1, round(picture.width * share)))
    out = BytesIO()
    smaller.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return Made(data=out.getvalue(), kind="image/jpeg", width=smaller.width, height=smaller.height)


def _as_png(picture: Opened, share: float, *, palette: bool = True) -> Made:
    """As PNG: with a palette where its colours are few, and where it would be too large without one."""
    smaller = _shrunk(picture, max(1, round(picture.width * share)))
    few = smaller.getcolors(256) is not None
    data = _png(_indexed(smaller) if few else smaller)
    if palette and not few and len(data) > EACH:
        data = _png(_indexed(smaller))
    return Made(data=data, kind="image/png", width=smaller.width, height=smaller.height)


def _indexed(picture: Opened) -> Opened:
    from PIL.Image import Dither, Quantize

    method = Quantize.FASTOCTREE if picture.mode == "RGBA" else Quantize.MEDIANCUT  # which knows no transparency
    return picture.quantize(256, method=method, dither=Dither.NONE)


def _png(picture: Opened) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
