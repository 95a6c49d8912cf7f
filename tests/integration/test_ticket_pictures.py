"""The pictures of events on printed tickets."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from structlog.testing import capture_logs

from eventapi.adapters.images import MemoryImageStore
from eventapi.adapters.printing import pictures
from eventapi.adapters.printing.pictures import HEIGHT, MAX_CACHED, WIDTH, TicketPictures
from eventapi.application.ports.storage import StorageUnavailable
from tests.concurrency import run_together

Colour = tuple[int, int, int]
RED, GREEN, WHITE = (255, 0, 0), (0, 255, 0), (255, 255, 255)
CENTRE, LEFT, TOP_LEFT = (0.5, 0.5), (0.05, 0.5), (0.02, 0.03)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixel(content: bytes, place: tuple[float, float]) -> Colour:
    with Image.open(BytesIO(pictures.make_picture(content))) as made:
        assert (made.size, made.mode, made.format) == ((WIDTH, HEIGHT), "RGB", "JPEG")
        found = made.getpixel((int(place[0] * WIDTH), int(place[1] * HEIGHT)))
        assert isinstance(found, tuple)
        red, green, blue = found
        return int(red), int(green), int(blue)


def is_near(seen: Colour, wanted: Colour) -> bool:
    return all(abs(one - other) < 30 for one, other in zip(seen, wanted, strict=True))


class CountingStore(MemoryImageStore):
    """Counts reads, and may be away."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.is_away = False

    def get(self, key: str) -> bytes | None:
        self.reads += 1
        if self.is_away:
            raise StorageUnavailable("away")
        return super().get(key)


@pytest.fixture
def store() -> CountingStore:
    store = CountingStore()
    store.put("red", encoded(Image.new("RGB", (16, 9), RED)), "image/png")
    return store


@pytest.mark.parametrize(
    "size", [(1, 1), (16, 9), (3000, 1000), (900, 1600), (6000, 10), (30, 900)]
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_images_of_any_size_fill_the_picture(size: tuple[int, int], kind: str) -> None:
    assert is_near(pixel(encoded(Image.new("RGB", size, RED), kind), CENTRE), RED)


def test_a_poster_is_shown_whole_before_its_blurred_self() -> None:
    poster = Image.new("RGB", (400, 600), RED)
    poster.paste(GREEN, (0, 0, 400, 100))  # the top, which a crop would cut off

    content = encoded(poster)

    assert is_near(pixel(content, (0.5, 0.03)), GREEN)
    red, green, blue = pixel(content, LEFT)
    assert 150 < red < 220
    assert max(green, blue) < 40


@pytest.mark.parametrize(
    ("image", "options", "expected"),
    [
        (Image.new("RGBA", (32, 9), (255, 0, 0, 0)), {}, WHITE),
        (Image.new("RGBA", (32, 9), (255, 0, 0, 255)), {}, RED),
        (Image.new("LA", (32, 9), (0, 0)), {}, WHITE),
        (Image.new("P", (32, 9), 0), {"transparency": 0}, WHITE),
        (Image.new("1", (32, 9), 1), {}, WHITE),
        (Image.new("I;16", (32, 9), 128 * 256), {}, (128, 128, 128)),
    ],
    ids=["clear", "opaque", "grey-clear", "palette-clear", "bits", "16-bits"],
)
def test_transparent_and_unusual_images_are_shown_on_white(
    image: Image.Image, options: dict[str, Any], expected: Colour
) -> None:
    assert is_near(pixel(encoded(image, **options), CENTRE), expected)


def test_the_colours_of_print_become_those_of_screens() -> None:
    image = Image.new("CMYK", (32, 9), (0, 255, 255, 0))

    assert is_near(pixel(encoded(image, "JPEG"), CENTRE), RED)


def test_a_photo_is_turned_as_its_camera_was() -> None:
    photo = Image.new("RGB", (100, 320), RED)
    photo.paste(GREEN, (0, 160, 100, 320))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned clockwise: its bottom is on the left

    content = encoded(photo, "JPEG", exif=exif)

    assert is_near(pixel(content, TOP_LEFT), GREEN)
    assert is_near(pixel(content, (0.95, 0.9)), RED)


def test_a_picture_is_made_once(store: CountingStore) -> None:
    made = TicketPictures(store)

    first = made.svg("red")

    assert first is not None
    assert "data:image/jpeg;base64," in first
    assert made.svg("red") is first
    assert store.reads == 1
    for number in range(MAX_CACHED):
        store.put(f"{number}", b"broken", "")
        made.svg(f"{number}")
    assert made.svg("red") == first
    assert store.reads == MAX_CACHED + 2


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, None])
def test_a_ticket_needs_no_picture(store: CountingStore, content: bytes | None) -> None:
    if content is not None:
        store.put("broken", content, "")

    made = TicketPictures(store)

    assert made.svg("broken") is None
    assert made.svg(None) is None


def test_a_store_that_is_away_is_asked_again(store: CountingStore) -> None:
    made = TicketPictures(store)
    store.is_away = True

    with capture_logs() as logs:
        assert made.svg("red") is None
    store.is_away = False

    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert made.svg("red") is not None


def test_an_image_with_too_many_pixels_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_IMAGE_PIXELS", 99)

    with pytest.raises(ValueError, match="99 pixels"):
        pictures.make_picture(encoded(Image.new("RGB", (10, 10))))


def test_many_threads_make_pictures_at_the_same_time(store: CountingStore) -> None:
    made = TicketPictures(store)

    pictures_made = run_together([lambda: made.svg("red")] * 8)

    assert len(set(pictures_made)) == 1
