"""The OpenAPI bodies of the APIs, and the one that each deployment froze.

moto turns a body into resources and drops what it does not know: validators, gateway responses, mappings. So the body
is kept here, and moto gets it in a form that it accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response
from yaml import YAMLError  # type: ignore[import-untyped]  # moto's own parser of such a body

from paybot_ops.sandbox.api_definition import INTEGRATION, METHODS, ApiDefinition, Document, merged
from paybot_ops.sandbox.part import ACCOUNT_ID, Moto, signed_for
from paybot_ops.sandbox.rest_json import ApiError, error_response, json_response

_API = re.compile(r"^/restapis/(?P<id>[a-z0-9]+)/?$")
_APIS = re.compile(r"^/restapis/?$")


@dataclass(frozen=True)
class Stage:
    """A stage as it serves one request."""

    region: str
    api_id: str
    api_name: str
    name: str
    deployment_id: str
    variables: Mapping[str, str]
    method_settings: Mapping[str, Mapping[str, Any]]
    access_log: Mapping[str, str]
    resource_ids: Mapping[str, str]
    definition: ApiDefinition


@dataclass
class _Api:
    region: str
    document: Document | None = None
    deployed: dict[str, ApiDefinition] = field(default_factory=dict)


class ApiDeployments:
    """What has been imported and deployed; moto keeps the stages, this keeps what they serve."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto
        self._apis: dict[str, _Api] = {}

    def answer(self, request: Request) -> Response | None:
        """Take in an OpenAPI body, for moto too: PutRestApi and ImportRestApi; any other request is moto's."""
        service, region = signed_for(request)
        if service != "apigateway":
            return None
        put = _API.match(request.path) if request.method == "PUT" else None
        imports = request.method == "POST" and _APIS.match(request.path) and request.args.get("mode") == "import"
        if not put and not imports:
            return None
        try:
            document = _document(request)
            if put:
                return json_response(self._put(put["id"], region, document, request.args.get("mode", "merge")))
            return json_response(self._import(region, document), 201)
        except ApiError as error:
            return error_response(error)

    def find(self, api_id: str, stage_name: str) -> Stage | None:
        """The stage with what it serves; None for an unknown API or stage, or one that no body describes."""
        kept = self._apis.get(api_id)
        if kept is None:
            return None
        with self._moto.backend("apigateway", kept.region) as backend:
            api = backend.apis.get(api_id)
            if api is None:
                del self._apis[api_id]
                return None
            self._settle(kept, api)
            stage = api.stages.get(stage_name)
            if stage is None or stage.deployment_id not in kept.deployed:
                return None
            return Stage(
                region=kept.region,
                api_id=api_id,
                api_name=api.name,
                name=stage_name,
                deployment_id=stage.deployment_id,
                variables=dict(stage.variables),
                method_settings={key: dict(settings) for key, settings in stage.method_settings.items()},
                access_log=dict(stage.access_log_settings or {}),
                resource_ids={resource.get_path(): resource.id for resource in api.resources.values()},
                definition=kept.deployed[stage.deployment_id],
            )

    def is_hand_built(self, api_id: str) -> bool:
        """Whether the API exists without a body: its resources were made one by one."""
        from moto.backends import get_backend

        with self._moto.lock:
            regions = list(get_backend("apigateway")[ACCOUNT_ID].values())
            return api_id not in self._apis and any(api_id in backend.apis for backend in regions)

    def _put(self, api_id: str, region: str, document: Document, mode: str) -> dict[str, Any]:
        kept = self._apis.setdefault(api_id, _Api(region))
        with self._moto.backend("apigateway", region) as backend, _refusals():
            # Deployments made since the last look froze the body that is about to be replaced.
            self._settle(kept, backend.get_rest_api(api_id))
            api = backend.put_rest_api(api_id, _for_moto(document), False, mode=mode)
            kept.document = document if mode == "overwrite" else merged(kept.document, document)
            return dict(api.to_dict())

    def _import(self, region: str, document: Document) -> dict[str, Any]:
        with self._moto.backend("apigateway", region) as backend, _refusals():
            api = backend.import_rest_api(_for_moto(document), False)
            self._apis[api.id] = _Api(region, document)
            return dict(api.to_dict())

    def _settle(self, kept: _Api, api: Any) -> None:
        if kept.document is None:
            return
        for deployment_id in api.deployments:
            if deployment_id not in kept.deployed:
                kept.deployed[deployment_id] = ApiDefinition(kept.document)
        for deployment_id in kept.deployed.keys() - api.deployments.keys():
            del kept.deployed[deployment_id]


def _document(request: Request) -> Document:
    from moto.apigateway.utils import deserialize_body

    try:
        document = deserialize_body(request.get_data().decode())
        if isinstance(document["paths"], dict) and document["info"]["title"]:
            return document
    except (ValueError, KeyError, TypeError, YAMLError):
        pass
    raise ApiError("BadRequestException", "Invalid OpenAPI input.")


def _for_moto(document: Document) -> Document:
    """The document with what moto insists on, and without the keys of a path that it would take for methods."""
    paths = {path: _methods(item) for path, item in document["paths"].items()}
    return {**document, "info": {"description": "", **document["info"]}, "paths": paths}


def _methods(item: Document) -> dict[str, Any]:
    return {name: _completed(operation) for name, operation in item.items() if name in METHODS}


def _completed(operation: Document) -> Document:
    integration = operation.get(INTEGRATION)
    if not integration:
        return operation
    # A MOCK integration has neither on AWS.
    return {**operation, INTEGRATION: {"uri": "", "httpMethod": "POST", **integration}}


@contextmanager
def _refusals() -> Iterator[None]:
    from moto.core.exceptions import JsonRESTError

    try:
        yield
    except JsonRESTError as error:
        raise ApiError(error.error_type, error.message, status=error.code) from error
