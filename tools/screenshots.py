"""Takes the pictures of the README, with Chromium: python -m tools.screenshots."""

import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pypdfium2
from PIL import Image, ImageOps
from werkzeug.serving import make_server

from eventapi.testing import MemoryApi

FOLDER = Path(__file__).parents[1] / "docs" / "images"
COLOURS = 64  # keeps the files small
MARGIN = 60  # below what is printed
WINDOW = (1000, 1000)
PORT = 8000  # the page shows it, as in the README
EVENT = {
    "name": "Jazz night",
    "location": "Blue Note, Berlin",
    "capacity": 300,
    "start_time": "2030-06-01T20:00:00+02:00",
    "end_time": "2030-06-01T23:30:00+02:00",
    "timezone": "Europe/Berlin",
    "ticket_types": [{"name": "Standard", "price": "25.00", "currency": "EUR", "quantity": 300}],
}


def main() -> None:
    """Write the pictures."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("Chromium is required, for example from the package chromium of Debian")
    FOLDER.mkdir(exist_ok=True)
    api = MemoryApi()
    _write("documentation.png", _page(api, browser))
    _write("ticket.png", _ticket(api))


def _page(api: MemoryApi, browser: str) -> Image.Image:
    server = make_server("127.0.0.1", PORT, api.app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    with TemporaryDirectory() as folder:
        file = Path(folder, "page.png")
        subprocess.run(
            [
                browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                f"--user-data-dir={folder}", f"--window-size={WINDOW[0]},{WINDOW[1]}",
                "--virtual-time-budget=15000", f"--screenshot={file}",
                f"http://127.0.0.1:{PORT}/docs/",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )  # fmt: skip
        content = file.read_bytes()
    server.shutdown()
    return Image.open(BytesIO(content))


def _ticket(api: MemoryApi) -> Image.Image:
    olga = api.sign_in("organizer", username="olga")
    olga.patch("/api/users/me", json={"first_name": "Olga", "last_name": "Müller"})
    event = olga.post("/api/events", json=EVENT).get_json()
    stage = ImageOps.colorize(
        ImageOps.invert(Image.radial_gradient("L").resize((1200, 300))), "#0b1030", "#f2b134"
    )
    content = BytesIO()
    stage.save(content, "JPEG")
    olga.put(f"/api/events/{event['id']}/image", data=content.getvalue(), content_type="image/jpeg")
    order = (
        api.sign_in("user", username="ada")
        .post(
            f"/api/events/{event['id']}/purchase",
            json={"quantity": 1, "attendees": [{"name": "Ada Lovelace"}]},
        )
        .get_json()
    )
    code = order["tickets"][0]["code"]
    printed = api.guest().get(f"/api/tickets/{code}/ticket.pdf").data
    page: Image.Image = pypdfium2.PdfDocument(printed)[0].render(scale=1.6).to_pil()
    printed_area = ImageOps.invert(page.convert("L")).getbbox() or (0, 0, *page.size)
    return page.crop((0, 0, page.width, min(printed_area[3] + MARGIN, page.height)))


def _write(name: str, picture: Image.Image) -> None:
    small = picture.convert("RGB").quantize(COLOURS)
    small.save(FOLDER / name, optimize=True)
    print(f"{FOLDER / name}: {(FOLDER / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
