"""Bedrock guardrails, which moto lacks: create, read, update, delete, list, versions and tags, as the service does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.guardrail_rules import check, policies_of
from paybot_ops.sandbox.guardrail_store import ARN, DRAFT, Guardrail, GuardrailStore, Snapshot
from paybot_ops.sandbox.paging import page
from paybot_ops.sandbox.part import ACCOUNT_ID, Moto
from paybot_ops.sandbox.rest_json import RestJson, invalid


class Guardrails:
    """The guardrail operations of Bedrock; a new guardrail is READY at once."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto
        self._store = GuardrailStore()
        self._api = RestJson(
            "bedrock",
            {
                "CreateGuardrail": self._create,
                "GetGuardrail": self._get,
                "UpdateGuardrail": self._update,
                "DeleteGuardrail": self._delete,
                "ListGuardrails": self._list,
                "CreateGuardrailVersion": self._create_version,
                "ListTagsForResource": self._list_tags,
                "TagResource": self._tag,
                "UntagResource": self._untag,
            },
            moto.lock,
        )

    def answer(self, request: Request) -> Response | None:
        """The answer to a guardrail request (tags: of a guardrail's ARN only), None to any other."""
        return self._api.answer(request, signing_name="bedrock")

    def config_of(self, identifier: str, version: str, region: str) -> dict[str, Any] | None:
        """The configuration of a guardrail's version in CreateGuardrail's form, None when there is none."""
        with self._moto.lock:
            guardrail = self._store.find(identifier, region)
            snapshot = guardrail.snapshots.get(version) if guardrail else None
            return snapshot.config if snapshot else None

    def _create(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        def create() -> dict[str, Any]:
            guardrail = self._store.create(self._checked(params, region), region)
            guardrail.add_tags(params.get("tags", []))
            created = guardrail.snapshots[DRAFT].created
            return {"guardrailId": guardrail.id, "guardrailArn": guardrail.arn, "version": DRAFT, "createdAt": created}

        return self._store.once("create", params.get("clientRequestToken"), region, create)

    def _get(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        guardrail = self._store.get(params["guardrailIdentifier"], region)
        version = params.get("guardrailVersion", DRAFT)
        config = guardrail.snapshot(version).config
        named = ("blockedInputMessaging", "blockedOutputsMessaging", "crossRegionDetails", "kmsKeyArn")
        answer = _summary(guardrail, version) | {name: config[name] for name in named if name in config}
        answer["guardrailId"], answer["guardrailArn"] = answer.pop("id"), answer.pop("arn")
        return answer | policies_of(config) | {"statusReasons": [], "failureRecommendations": []}

    def _update(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        guardrail = self._store.get(params["guardrailIdentifier"], region)
        config = self._checked(params, region)
        if config["name"] != guardrail.name:
            self._store.refuse_name(config["name"], region)
        now = datetime.now(UTC)
        created = guardrail.snapshots[DRAFT].created
        guardrail.snapshots[DRAFT] = Snapshot(config, created, now, config.get("description"))
        return {"guardrailId": guardrail.id, "guardrailArn": guardrail.arn, "version": DRAFT, "updatedAt": now}

    def _delete(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        guardrail = self._store.get(params["guardrailIdentifier"], region)
        if "guardrailVersion" in params:
            guardrail.snapshot(params["guardrailVersion"])
            del guardrail.snapshots[params["guardrailVersion"]]
        else:
            self._store.delete(guardrail, region)
        return {}

    def _list(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        if "guardrailIdentifier" in params:
            guardrail = self._store.get(params["guardrailIdentifier"], region)
            found = [_summary(guardrail, version) for version in guardrail.snapshots]
        else:
            found = [_summary(guardrail, DRAFT) for guardrail in self._store.listed(region)]
        chosen, token = page(found, params)
        return {"guardrails": chosen} | token

    def _create_version(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        def create() -> dict[str, Any]:
            guardrail = self._store.get(params["guardrailIdentifier"], region)
            return {"guardrailId": guardrail.id, "version": guardrail.add_version(params.get("description"))}

        return self._store.once("version", params.get("clientRequestToken"), region, create)

    def _list_tags(self, params: dict[str, Any], region: str) -> dict[str, Any] | None:
        guardrail = self._tagged(params, region)
        if guardrail is None:
            return None
        return {"tags": [{"key": key, "value": value} for key, value in guardrail.tags.items()]}

    def _tag(self, params: dict[str, Any], region: str) -> dict[str, Any] | None:
        guardrail = self._tagged(params, region)
        if guardrail is None:
            return None
        guardrail.add_tags(params["tags"])
        return {}

    def _untag(self, params: dict[str, Any], region: str) -> dict[str, Any] | None:
        guardrail = self._tagged(params, region)
        if guardrail is None:
            return None
        for key in params["tagKeys"]:
            guardrail.tags.pop(key, None)
        return {}

    def _tagged(self, params: dict[str, Any], region: str) -> Guardrail | None:
        # None leaves the tags of Bedrock's other resources to moto.
        arn = params["resourceARN"]
        return self._store.get(arn, region) if ARN.fullmatch(arn) else None

    def _checked(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        left_out = ("guardrailIdentifier", "tags", "clientRequestToken")
        config = {name: value for name, value in params.items() if name not in left_out}
        check(config)
        if "kmsKeyId" in config:
            config["kmsKeyArn"] = self._key_arn(config.pop("kmsKeyId"), region)
        if "crossRegionConfig" in config:
            profile = config["crossRegionConfig"]["guardrailProfileIdentifier"].rpartition("/")[2]
            arn = f"arn:aws:bedrock:{region}:{ACCOUNT_ID}:guardrail-profile/{profile}"
            config["crossRegionDetails"] = {"guardrailProfileId": profile, "guardrailProfileArn": arn}
        return config

    def _key_arn(self, identifier: str, region: str) -> str:
        with self._moto.backend("kms", region) as kms:
            known = not identifier.startswith("alias/") or kms.alias_exists(identifier)
            key = kms.keys.get(kms.any_id_to_key_id(identifier)) if known else None
        if key is None:
            raise invalid("The KMS key that was provided does not exist or cannot be used.")
        return str(key.arn)


def _summary(guardrail: Guardrail, version: str) -> dict[str, Any]:
    snapshot = guardrail.snapshots[version]
    described = {"description": snapshot.description} if snapshot.description else {}
    return described | {
        "id": guardrail.id,
        "arn": guardrail.arn,
        "name": snapshot.config["name"],
        "status": "READY",
        "version": version,
        "createdAt": snapshot.created,
        "updatedAt": snapshot.updated,
    }
