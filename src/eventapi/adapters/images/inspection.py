"""Looking into images, with Pillow."""

import warnings
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from eventapi.domain.errors import UnsuitableImage

MAX_PIXELS = 40_000_000
"""What an image may unpack to: a few kilobytes can claim to be gigabytes."""

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


class PillowInspector:
    """Looks into images by unpacking them."""

    def media_type(self, content: bytes) -> str:
        """Tell what kind of image this is, by its content.

        The size it claims is looked at before anything of it is unpacked.

        Raises:
            UnsuitableImage: it is broken, too large when unpacked, or neither
                PNG nor JPEG nor WebP.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow's own opinion on sizes
            try:
                with Image.open(BytesIO(content), formats=tuple(MEDIA_TYPES)) as image:
                    kind, (width, height) = str(image.format), image.size
                    if width * height > MAX_PIXELS:
                        raise UnsuitableImage(
                            f"The image has {width} x {height} pixels, "
                            f"more than {MAX_PIXELS} in all."
                        )
                    image.load()
            except UnidentifiedImageError:
                raise UnsuitableImage("Send a PNG, JPEG or WebP image.") from None
            # What Pillow raises on broken content is not one kind of error.
            except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
                raise UnsuitableImage("The image is broken.") from error
        return MEDIA_TYPES[kind]
