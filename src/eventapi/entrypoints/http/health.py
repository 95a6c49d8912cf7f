"""Signs of life, for whoever keeps the service running."""

from marshmallow import Schema, fields

from eventapi.entrypoints.http.blueprint import ANYONE, ApiBlueprint, use_cases

blueprint = ApiBlueprint("health", __name__, url_prefix="/health", description="Signs of life.")


class HealthSchema(Schema):
    """All is well."""

    status = fields.String(required=True, metadata={"enum": ["ok"]})


@blueprint.operation(
    "GET",
    "/live",
    access=ANYONE,
    gives=HealthSchema,
    stored=False,
    counts=False,
    answer_example={"status": "ok"},
)
def live() -> dict[str, str]:
    """Tell whether the process answers; if not, it is to be restarted."""
    return {"status": "ok"}


@blueprint.operation(
    "GET",
    "/ready",
    access=ANYONE,
    gives=HealthSchema,
    counts=False,
    answer_example={"status": "ok"},
)
def ready() -> dict[str, str]:
    """Tell whether requests can be served: the storage answers."""
    use_cases().storage_health.check()
    return {"status": "ok"}
