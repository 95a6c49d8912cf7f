"""Image inspection with Pillow."""

import warnings
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from eventapi.application.ports.media import MAX_IMAGE_PIXELS
from eventapi.domain.errors import UnsuitableImage

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


class PillowInspector:
    """Inspects images by decoding them."""

    def media_type(self, content: bytes) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's warnings about sizes
            try:
                with Image.open(BytesIO(content), formats=tuple(MEDIA_TYPES)) as image:
                    image_format, (width, height) = str(image.format), image.size
                    # The declared size is checked before anything is decoded.
                    if width * height > MAX_IMAGE_PIXELS:
                        raise UnsuitableImage(
                            f"The image has {width} x {height} pixels, "
                            f"the limit is {MAX_IMAGE_PIXELS} in total."
                        )
                    image.load()
            except UnidentifiedImageError:
                raise UnsuitableImage("Send a PNG, JPEG or WebP image.") from None
            # Pillow has no common class for the errors of broken content.
            except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
                raise UnsuitableImage("The image is broken.") from error
        return MEDIA_TYPES[image_format]
