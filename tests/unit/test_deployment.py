"""The files for deployment, by what they promise each other and the program."""

import configparser
import json
import re
import shlex
from typing import Any

import yaml

from eventapi.entrypoints.settings import Settings
from tests.documents import read

COMPOSE: dict[str, Any] = yaml.safe_load(read("compose.yaml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
MIB = 1024 * 1024


def test_the_volumes_keep_their_names() -> None:
    """Docker creates an empty volume for a new name, so deployments would lose their data."""
    assert COMPOSE["volumes"].keys() == {"database", "pictures", "certificates"}
    assert SERVICES["database"]["volumes"] == ["database:/var/lib/postgresql"]
    assert SERVICES["api"]["volumes"] == ["pictures:/var/lib/eventapi"]


def test_images_and_backups_use_the_volume_of_the_image() -> None:
    dockerfile = read("Dockerfile")

    assert "EVENTAPI_DATA_DIR=/var/lib/eventapi" in dockerfile
    assert "VOLUME /var/lib/eventapi" in dockerfile


def test_the_health_check_asks_the_port_of_the_settings() -> None:
    """The proxy waits for it. A quote in the wrong place would be found by nobody else."""
    (check,) = re.findall(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", read("Dockerfile"), re.MULTILINE)
    program, option, code = json.loads(check)

    assert (program, option) == ("python", "-c")
    compile(code, "Dockerfile", "exec")
    assert 'os.environ["EVENTAPI_PORT"]}/health/ready' in code


def test_the_tables_are_there_before_the_program_starts() -> None:
    assert SERVICES["migrate"]["command"] == ["db", "upgrade"]
    assert SERVICES["migrate"]["environment"] == SERVICES["api"]["environment"]
    assert SERVICES["api"]["depends_on"]["migrate"] == {
        "condition": "service_completed_successfully"
    }


def test_services_start_again_and_settings_reach_the_program() -> None:
    for name in ("database", "api", "proxy"):
        assert SERVICES[name]["restart"] == "unless-stopped"
    for name in ("api", "migrate"):
        assert SERVICES[name]["env_file"] == [{"path": ".env", "required": False}]
        assert "EVENTAPI_TRUSTED_PROXIES" in SERVICES[name]["environment"]


def test_only_the_proxy_is_open_to_the_network() -> None:
    assert SERVICES["api"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "ports" not in SERVICES["database"]
    assert SERVICES["proxy"]["profiles"] == ["tls"]
    assert {f"${name}" for name in ("SITE", "UPSTREAM")} == {
        f"${name}" for name in SERVICES["proxy"]["environment"]
    }
    assert "./deploy/Caddyfile:/etc/caddy/Caddyfile:ro" in SERVICES["proxy"]["volumes"]
    for name in SERVICES["proxy"]["environment"]:
        assert f"{{${name}:" in read("deploy/Caddyfile")


def test_proxies_let_the_largest_image_through() -> None:
    largest = Settings().max_image_size
    nginx = re.findall(r"client_max_body_size (\d+)m;", read("deploy/nginx.conf"))
    caddy = re.findall(r"max_size (\d+)MiB", read("deploy/Caddyfile"))

    assert [int(size) * MIB >= largest for size in nginx + caddy] == [True, True]


def test_proxies_tell_the_program_who_asks() -> None:
    """These are the headers that the program reads from trusted proxies."""
    nginx = read("deploy/nginx.conf")

    for header in ("For", "Proto", "Host"):
        assert f"proxy_set_header X-Forwarded-{header} " in nginx
    assert "EVENTAPI_TRUSTED_PROXIES=1\n" in read("deploy/environment")


def test_the_environment_file_means_the_same_to_systemd_and_to_a_shell() -> None:
    lines = [line for line in read("deploy/environment").splitlines() if not line.startswith("#")]
    values = {name: value for line in lines if line for name, _, value in [line.partition("=")]}

    for value in values.values():
        assert len(shlex.split(value)) <= 1
        assert value == shlex.quote(shlex.split(value)[0]) if value else True
    environment = {name: "".join(shlex.split(value)) for name, value in values.items()}
    settings = Settings.from_environment(
        environment | {"EVENTAPI_SECRET_KEY": "0123456789abcdef" * 4}
    )
    assert settings.profile == "production"
    assert settings.trusted_proxies == 1


def test_units_and_the_admin_command_agree() -> None:
    units = {name: _unit(f"deploy/eventapi{name}.service") for name in ("", "-backup")}
    admin = read("deploy/eventapi-admin")

    for unit in units.values():
        assert unit["EnvironmentFile"] == "/etc/eventapi/environment"
        assert unit["User"] == unit["Group"] == "eventapi"
        assert "/opt/eventapi/bin/eventapi " in unit["ExecStart"]
    assert units[""]["StateDirectory"] == "eventapi"  # EVENTAPI_DATA_DIR, below /var/lib
    assert units[""]["RestartPreventExitStatus"] == "2"
    assert ". /etc/eventapi/environment" in admin
    assert "-u eventapi -- /opt/eventapi/bin/eventapi " in admin


def _unit(path: str) -> configparser.SectionProxy:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    # Of a key that stands twice, the first is read.
    lines: dict[str, str] = {}
    for line in read(path).splitlines():
        lines.setdefault(line.partition("=")[0], line)
    unit.read_string("\n".join(lines.values()))
    return unit["Service"]
