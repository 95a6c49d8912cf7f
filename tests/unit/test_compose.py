"""The compose file, where a change of a name would lose data."""

from pathlib import Path

COMPOSE = Path(__file__).parents[2] / "compose.yaml"


def test_the_volumes_keep_their_names() -> None:
    """Docker creates an empty volume for a new name, so deployments would lose their data."""
    text = COMPOSE.read_text("utf-8")

    assert text.endswith("\nvolumes:\n  database:\n  pictures:\n")
    for mount in ("database:/var/lib/postgresql", "pictures:/var/lib/eventapi"):
        assert f"- {mount}\n" in text
