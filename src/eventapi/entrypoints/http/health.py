"""Health checks, for orchestrators and load balancers."""

from dataclasses import replace

from marshmallow import Schema, fields

from eventapi.entrypoints.http.access import ANYONE
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.responses import ok

blueprint = ApiBlueprint("health", __name__, url_prefix="/health", description="Health checks.")

UNLIMITED = replace(ANYONE, rate_limited=False)


class HealthSchema(Schema):
    """The service works."""

    class Meta:
        """The example."""

        example = {"status": "ok"}  # noqa: RUF012

    status = fields.String(required=True, metadata={"enum": ["ok"]})


@blueprint.operation(
    "GET", "/live", access=UNLIMITED, response=ok(HealthSchema), needs_storage=False
)
def live() -> dict[str, str]:
    """Check that the process responds.

    An orchestrator restarts a process that does not respond.
    """
    return {"status": "ok"}


@blueprint.operation("GET", "/ready", access=UNLIMITED, response=ok(HealthSchema))
def ready() -> dict[str, str]:
    """Check that the process and its storage respond.

    A load balancer sends requests only while the status is 200.
    """
    use_cases().storage_health.check()
    return {"status": "ok"}
