"""Events' images in the shape of a printed ticket."""

import warnings
from base64 import b64encode
from collections import OrderedDict
from io import BytesIO
from threading import Lock

import structlog
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from eventapi.application.ports.media import MAX_IMAGE_PIXELS, ImageStore
from eventapi.application.ports.storage import StorageUnavailable

WIDTH, HEIGHT = 1440, 528
"""The pixels of a picture; at the size of `ticket.typ` about 200 per inch."""
MAX_CROP = 0.35
"""How much of an image may be cut off to fill the picture; beyond, it is shown whole."""
MAX_CACHED = 64
"""The maximum number of pictures in memory, of about 150 KB each."""

log = structlog.get_logger(__name__)


class TicketPictures:
    """Makes pictures of one size from images of any size, and keeps the last ones."""

    def __init__(self, images: ImageStore) -> None:
        self._images = images
        self._cache: OrderedDict[str, str | None] = OrderedDict()
        self._cache_lock = Lock()
        # An image takes up to 160 MB while it is decoded, so one is decoded at a time.
        self._decoding = Lock()

    def svg(self, key: str | None) -> str | None:
        """Return the picture of an image as an SVG document.

        None if there is no image, or if it can't be had: a ticket is valid without it.
        """
        if key is None:
            return None
        with self._cache_lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        try:
            content = self._images.get(key)
        except StorageUnavailable as error:
            log.warning("a ticket is printed without its picture", key=key, reason=error.reason)
            return None
        picture = None if content is None else self._decode(key, content)
        with self._cache_lock:
            self._cache[key] = picture
            if len(self._cache) > MAX_CACHED:
                self._cache.popitem(last=False)
        return picture

    def _decode(self, key: str, content: bytes) -> str | None:
        try:
            with self._decoding, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Pillow's warnings about sizes
                jpeg = make_picture(content)
        # Pillow has no common class for the errors of broken content.
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            log.warning("a ticket is printed without its picture", key=key, reason=str(error))
            return None
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
            f'<image width="{WIDTH}" height="{HEIGHT}" '
            f'href="data:image/jpeg;base64,{b64encode(jpeg).decode()}"/></svg>'
        )


def make_picture(content: bytes) -> bytes:
    """Return an image as a JPEG of the size of a picture.

    An image of about this shape is cropped to it. Others, such as posters, are shown
    whole before a blurred enlargement of themselves.

    Raises:
        OSError, SyntaxError, ValueError, DecompressionBombError: it can't be decoded, or
            has more than `MAX_IMAGE_PIXELS`.
    """
    size = (WIDTH, HEIGHT)
    with Image.open(BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as file:
        if file.width * file.height > MAX_IMAGE_PIXELS:
            raise ValueError(f"the image has more than {MAX_IMAGE_PIXELS} pixels")
        file.draft("RGB", (2 * WIDTH, 2 * WIDTH))  # a JPEG is decoded at a smaller scale
        image = ImageOps.exif_transpose(_opaque(file))
    filled = ImageOps.fit(image, size)
    shape, wanted = image.width / image.height, WIDTH / HEIGHT
    if 1 - min(shape / wanted, wanted / shape) > MAX_CROP:
        whole = ImageOps.contain(image, size)
        filled = filled.filter(ImageFilter.GaussianBlur(HEIGHT / 14))
        filled = ImageEnhance.Brightness(filled).enhance(0.7)
        filled.paste(whole, ((WIDTH - whole.width) // 2, (HEIGHT - whole.height) // 2))
    file_content = BytesIO()
    filled.save(file_content, "JPEG", quality=82)
    return file_content.getvalue()


def _opaque(image: Image.Image) -> Image.Image:
    """Return an image as RGB on white, at most about twice as large as a picture."""
    if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow would clip
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode not in {"L", "LA", "RGB", "RGBA"}:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((2 * WIDTH, 2 * WIDTH), reducing_gap=2)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
        image = white
    return image.convert("RGB")
