"""The composition root builds each use case from the ports that its fields name."""

from dataclasses import fields
from typing import get_type_hints

import pytest

from eventapi.application.ports.storage import StorageHealth, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.use_cases import UseCases
from eventapi.entrypoints.container import build_use_cases

USE_CASES = {
    name: kind for name, kind in get_type_hints(UseCases).items() if kind is not StorageHealth
}
PORTS = {
    get_type_hints(kind)[field.name]
    for kind in USE_CASES.values()
    for field in fields(kind)
    if field.init
} | {StorageHealth}


def test_each_use_case_gets_the_ports_that_it_names() -> None:
    ports = {port: object() for port in PORTS}

    use_cases = build_use_cases(ports)

    for name, kind in USE_CASES.items():
        built = getattr(use_cases, name)
        assert type(built) is kind
        for field in fields(kind):
            if field.init:
                assert getattr(built, field.name) is ports[get_type_hints(kind)[field.name]]
    assert use_cases.storage_health is ports[StorageHealth]


@pytest.mark.parametrize("missing", [Clock, UnitOfWorkFactory, StorageHealth])
def test_a_missing_port_is_an_error_at_start(missing: type) -> None:
    with pytest.raises(KeyError):
        build_use_cases({port: object() for port in PORTS - {missing}})
