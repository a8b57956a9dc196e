"""Pictures that go along: small, upright, in a format that every client shows, and none the worse for bad files."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from digest.render.images import EACH, KEPT, Made, Unfit, digest_of, made, measured
from tests.render.pictures import animation, drawing, encoded, noise, photo

KINDS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF")
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def shown(picture: Made) -> Image.Image:
    """What a client would show."""
    opened = Image.open(BytesIO(picture.data))
    opened.load()
    return opened


BAD = {
    "nothing": (b"", "is no picture that can be read"),
    "text": (b"<html>no picture</html>", "is no picture that can be read"),
    "a script with a picture's name": (SVG, "is SVG"),
    "svg without a head": (b"\n <svg/>", "is SVG"),
    "svg after a comment": (b"<!-- made by hand --><svg/>", "is SVG"),
    "a program for a printer": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is no picture that can be read"),
    "a bomb": (encoded(Image.new("1", (20_000, 20_000)), "PNG"), "is too large to be read: more than 50 million"),
    "a smaller bomb": (encoded(Image.new("1", (9_000, 9_000)), "PNG"), "is too large to be read: 9000 × 9000 pixels"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_is_said_and_nothing_else_happens(name: str) -> None:
    """One sentence that follows the file's name; neither measured nor made, and no memory filled."""
    data, says = BAD[name]
    for use in (lambda: measured(data), lambda: made(data, 600)):
        with pytest.raises(Unfit, match=f"^{says}"):
            use()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_that_is_cut_short_is_told_before_it_is_decoded(kind: str) -> None:
    """Its end is looked for, on the web as inside a message; what follows it (the film of a telephone) is no fault."""
    whole = encoded(noise(300, 200), kind)
    assert measured(whole) == measured(whole + b"a film" * 9000) == (300, 200)
    for use, octets in (
        (measured, whole[:-12]),
        (measured, whole[:2000]),
        (lambda data: made(data, 600), whole[:2000]),
    ):
        with pytest.raises(Unfit, match=r"^is damaged or cut short$"):
            use(octets)
    with pytest.raises(Unfit, match=r"^is "):
        measured(whole[:12])


@settings(max_examples=100, deadline=None)
@given(
    whole=st.sampled_from([encoded(photo(64, 48), kind) for kind in KINDS]),
    cut=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=8),
)
def test_broken_files_cost_themselves_alone(whole: bytes, cut: float, changes: list[tuple[float, int]]) -> None:
    """However a file is damaged: a picture, or one sentence; never another exception, never a warning."""
    data = bytearray(whole)
    for place, octet in changes:
        data[int(place * len(data))] = octet
    broken = bytes(data[: int(len(data) * cut) or len(data)])
    for use in (lambda: measured(broken), lambda: made(broken, 40)):
        with suppress(Unfit):
            use()


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (encoded(photo(), "JPEG"), "image/jpeg", (600, 300)),
        (encoded(photo(), "WEBP"), "image/jpeg", (600, 300)),
        (encoded(photo(), "AVIF"), "image/jpeg", (600, 300)),
        (encoded(photo(), "TIFF"), "image/jpeg", (600, 300)),
        (encoded(photo(), "BMP"), "image/jpeg", (600, 300)),
        (encoded(photo(), "PNG"), "image/jpeg", (600, 300)),
        (encoded(photo(400, 300), "JPEG"), "image/jpeg", (400, 300)),
        (encoded(photo().convert("CMYK"), "JPEG"), "image/jpeg", (600, 300)),
        (encoded(photo().convert("L"), "JPEG"), "image/jpeg", (600, 300)),
        (encoded(drawing(), "PNG"), "image/png", (200, 100)),
        (encoded(drawing(900, 300), "WEBP"), "image/png", (600, 200)),
        (encoded(drawing(mode="RGB"), "PNG"), "image/png", (200, 100)),
        (encoded(drawing(mode="RGB").convert("P"), "GIF"), "image/png", (200, 100)),
        (encoded(drawing().convert("LA"), "PNG"), "image/png", (200, 100)),
        (encoded(drawing(), "GIF"), "image/png", (200, 100)),
        (encoded(Image.new("1", (1300, 30)), "PNG"), "image/png", (600, 14)),
        (encoded(Image.new("I;16", (40, 30), 40_000), "PNG"), "image/png", (40, 30)),
        (encoded(Image.new("RGB", (4000, 1)), "PNG"), "image/png", (600, 1)),
    ],
)
def test_every_format_becomes_one_that_clients_show(data: bytes, kind: str, size: tuple[int, int]) -> None:
    """JPEG for photographs, PNG for drawings and where something shines through; as wide as asked, never wider."""
    picture = made(data, 600)
    assert (picture.kind, (picture.width, picture.height)) == (kind, size)
    seen = shown(picture)
    assert (seen.size, f"image/{(seen.format or '').lower()}") == (size, kind)
    assert seen.mode in ("RGB", "RGBA", "L", "P")
    assert len(picture.data) <= EACH


def test_colours_stay_what_they_are() -> None:
    """Through another colour space, through a profile, from 16 bits of grey, and with what shines through."""
    red = Image.new("RGB", (60, 60), (200, 30, 30))
    for data in (encoded(red, "JPEG", quality=95), encoded(red.convert("CMYK"), "JPEG", quality=95)):
        r, g, b = shown(made(data, 60)).convert("RGB").getpixel((30, 30))  # type: ignore[misc]
        assert abs(r - 200) < 12
        assert abs(g - 30) < 12
        assert abs(b - 30) < 12
    grey = shown(made(encoded(Image.new("I;16", (60, 60), 0x8000), "PNG"), 60)).convert("L")
    assert grey.getpixel((30, 30)) in (127, 128, 129)
    disc = shown(made(encoded(drawing(), "PNG"), 600)).convert("RGBA")
    assert disc.getpixel((50, 50)) == (11, 107, 93, 255)
    assert disc.getpixel((199, 50))[3] == 0  # type: ignore[index]


def test_a_colour_profile_is_worked_in_and_a_broken_one_passed_over() -> None:
    """Without its profile a picture in another space would change its colours; with a broken one it stays as it is."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red = Image.new("RGB", (60, 60), (200, 30, 30))
    for profile in (srgb, lab, b"no profile"):
        seen = shown(made(encoded(red, "PNG", icc_profile=profile), 60)).convert("RGB")
        assert seen.getpixel((30, 30))[0] >= 195  # type: ignore[index]
        assert "icc_profile" not in seen.info
    clear = encoded(drawing(), "PNG", icc_profile=srgb)
    assert shown(made(clear, 600)).convert("RGBA").getpixel((199, 50))[3] == 0  # type: ignore[index]


def test_a_turned_photograph_stands_upright_and_says_nothing_of_its_camera() -> None:
    """EXIF is obeyed, in size and in pixels, and does not go along: it may hold where somebody lives."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera that nobody needs to know"
    data = encoded(photo(400, 200), "JPEG", exif=exif)
    assert measured(data) == (200, 400)
    picture = made(data, 600)
    assert (picture.width, picture.height) == (200, 400)
    assert b"camera" in data
    assert b"camera" not in picture.data
    assert not shown(picture).getexif()
    top, bottom = (shown(picture).getpixel((100, y))[1] for y in (10, 390))  # type: ignore[index]
    lying = Image.open(BytesIO(data))
    left, right = (lying.getpixel((x, 100))[1] for x in (10, 390))  # type: ignore[index]
    assert (top > bottom) == (left > right)
    broken = encoded(photo(40, 20), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert measured(broken) == (40, 20)
    assert made(broken, 600).width == 40


def test_a_camera_s_note_that_breaks_the_reader_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever Pillow makes of it in this version: the picture is shown as it lies."""

    def broken(_: object) -> None:
        raise SyntaxError("not a TIFF file")

    monkeypatch.setattr(ImageOps, "exif_transpose", broken)
    assert made(encoded(photo(40, 20), "JPEG"), 600).width == 40


def test_a_small_animation_goes_on_moving_and_a_large_one_shows_its_first_frame() -> None:
    """Small: as it is, without its comment. Too wide, too heavy or too long: one frame."""
    moving = made(animation(comment=b"made at home"), 600)
    assert (moving.kind, getattr(shown(moving), "n_frames", 1)) == ("image/gif", 5)
    assert b"made at home" not in moving.data
    wide = made(animation(800, 100), 600)
    assert (wide.kind, wide.width) == ("image/png", 600)
    heavy = [noise(200, 150, seed=n) for n in range(12)]
    heavy_data = encoded(heavy[0], "GIF", save_all=True, append_images=heavy[1:])
    assert len(heavy_data) > EACH
    assert made(heavy_data, 600).kind != "image/gif"
    webp = encoded(heavy[0], "WEBP", save_all=True, append_images=heavy[1:])
    assert made(webp, 600).kind == "image/jpeg"


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_what_cannot_be_packed_becomes_smaller(mode: str) -> None:
    """At most 200 KB: with less quality, then with fewer pixels."""
    picture = made(encoded(noise(1200, 900, mode), "PNG"), 1200)
    assert len(picture.data) <= EACH
    assert picture.width < 1200
    assert picture.kind == ("image/jpeg" if mode == "RGB" else "image/png")


def test_what_stays_too_large_is_said() -> None:
    """A strip of noise that even a quarter of its width does not make small."""
    with pytest.raises(Unfit, match=r"^cannot be made smaller than 200 KB$"):
        made(encoded(noise(1000, 4000, "RGBA"), "PNG", compress_level=0), 1000)


def test_the_same_octets_give_the_same_picture() -> None:
    """The id of a picture is made of its octets: it must not change from build to build."""
    data = encoded(photo(300, 200), "JPEG")
    again = encoded(photo(300, 200), "JPEG")
    assert digest_of(made(data, 200).data) == digest_of(made(bytes(bytearray(again)), 200).data)
    kept = made(data, 200)
    assert made(again, 200) is kept
    assert made(data, 100) != kept
    for across in range(1, KEPT + 1):
        made(encoded(drawing(20, 20), "PNG"), across)
    assert made(data, 200) is not kept  # what was made long ago is made again, alike
    assert made(data, 200) == kept
