"""Images of events."""

from io import BytesIO

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from eventapi.testing import Client
from tests.api import (
    change,
    event_path,
    make_event,
    picture,
    problem,
)


class TestEventImages:
    @pytest.mark.parametrize(
        ("kind", "media_type"),
        [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")],
    )
    def test_a_picture_is_taken_and_shown(
        self, olga: Client, guest: Client, kind: str, media_type: str
    ) -> None:
        event = make_event(olga)
        assert event["image_url"] is None
        content = picture(kind)

        put = olga.put(event_path(event, "image"), data=content, content_type=media_type)

        assert put.status_code == 200
        url = put.get_json()["image_url"]
        shown = guest.get(url)
        assert (shown.status_code, shown.mimetype, shown.data) == (200, media_type, content)
        assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        known = guest.get(url, headers={"If-None-Match": shown.headers["ETag"]})
        assert (known.status_code, known.data) == (304, b"")
        plain = guest.get(event_path(event, "image"))
        assert plain.headers["Cache-Control"] == "public, max-age=60"

    def test_another_picture_has_another_url(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        path = event_path(event, "image")
        first = olga.put(path, data=picture(), content_type="image/png").get_json()

        second = olga.put(
            path, data=picture("JPEG", colour="blue"), content_type="image/jpeg"
        ).get_json()

        assert second["image_url"] != first["image_url"]
        assert guest.get(second["image_url"]).data == picture("JPEG", colour="blue")
        assert (first["version"], second["version"]) == (2, 3)

    def test_a_picture_is_taken_away(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        path = event_path(event, "image")
        problem(guest.get(path), 404, "image_not_found")
        olga.put(path, data=picture(), content_type="image/png")

        assert olga.delete(path).status_code == 204

        problem(guest.get(path), 404, "image_not_found")
        assert guest.get(event_path(event)).get_json()["image_url"] is None
        assert olga.delete(path).status_code == 204

    def test_the_content_decides_not_what_it_says_of_itself(self, olga: Client) -> None:
        event = make_event(olga)

        put = olga.put(event_path(event, "image"), data=picture("WEBP"), content_type="image/png")

        assert olga.get(put.get_json()["image_url"]).mimetype == "image/webp"

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"no picture",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
            picture(size=(300, 300))[:-40],
            picture("GIF"),
            picture("BMP"),
            b"%PDF-1.7",
        ],
    )
    def test_what_is_no_picture_is_refused(
        self, olga: Client, guest: Client, content: bytes
    ) -> None:
        event = make_event(olga)

        response = olga.put(event_path(event, "image"), data=content, content_type="image/png")

        problem(response, 422, "unsuitable_image")
        assert guest.get(event_path(event)).get_json() == event

    @pytest.mark.parametrize("size", [(6_400, 6_400), (20_000, 20_000)])
    def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused(
        self, olga: Client, size: tuple[int, int]
    ) -> None:
        event = make_event(olga)
        file = BytesIO()
        Image.new("1", size).save(file, "PNG")
        assert len(file.getvalue()) < 100_000

        response = olga.put(
            event_path(event, "image"), data=file.getvalue(), content_type="image/png"
        )

        problem(response, 422, "unsuitable_image")

    def test_a_picture_that_is_too_large_is_refused(self, olga: Client) -> None:
        event = make_event(olga)
        limit = 5 * 1024 * 1024

        response = olga.put(
            event_path(event, "image"), data=b"x" * (limit + 1), content_type="image/png"
        )

        assert problem(response, 413, "body_too_large")["limit"] == limit

    def test_a_picture_may_come_in_chunks(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        chunked = {"Transfer-Encoding": "chunked"}
        path, kind = event_path(event, "image"), "image/png"

        def put(content: bytes) -> TestResponse:
            return olga.put(path, input_stream=BytesIO(content), content_type=kind, headers=chunked)

        limit = 5 * 1024 * 1024
        assert problem(put(b"x" * (limit + 1)), 413, "body_too_large")["limit"] == limit
        assert put(picture()).status_code == 200
        assert guest.get(path).data == picture()
        body = BytesIO(b" " * (1024 * 1024 + 1))
        login = guest.post(
            "/api/login", input_stream=body, content_type="application/json", headers=chunked
        )
        problem(login, 413, "body_too_large")

    def test_a_picture_may_be_larger_than_other_bodies(self, olga: Client) -> None:
        event = make_event(olga)
        content = picture() + b"\x00" * (2 * 1024 * 1024)  # data after the PNG is ignored

        response = olga.put(event_path(event, "image"), data=content, content_type="image/png")

        assert response.status_code == 200

    @pytest.mark.parametrize("content_type", ["image/gif", "application/json", "text/html", ""])
    def test_another_type_is_refused(self, olga: Client, content_type: str) -> None:
        event = make_event(olga)

        response = olga.put(event_path(event, "image"), data=picture(), content_type=content_type)

        problem(response, 415, "unsupported_media_type")

    def test_a_deleted_event_takes_its_picture_along(self, olga: Client, guest: Client) -> None:
        event = make_event(olga)
        url = olga.put(
            event_path(event, "image"), data=picture(), content_type="image/png"
        ).get_json()["image_url"]

        change(olga, event_path(event), "DELETE")

        problem(guest.get(url), 404, "event_not_found")
