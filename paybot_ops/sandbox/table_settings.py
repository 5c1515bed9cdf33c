"""A DynamoDB table's encryption, which moto forgets when it is changed later (DynamoDB API reference: UpdateTable)."""

from __future__ import annotations

import json
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.part import Moto, signed_for
from paybot_ops.sandbox.protocols import operation_of


class TableSettings:
    """Hands an accepted change of a table's encryption to moto's own table."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto

    def mend(self, request: Request, response: Response) -> None:
        """Keep what the request set, and show it in the answer, in place."""
        service, region = signed_for(request)
        if service != "dynamodb" or response.status_code >= 300 or operation_of(request) != "UpdateTable":
            return
        asked: dict[str, Any] = json.loads(request.get_data())
        wanted = asked.get("SSESpecification")
        if wanted is None:
            return
        with self._moto.backend("dynamodb", region) as backend:
            table = backend.get_table(asked["TableName"])
            key = wanted.get("KMSMasterKeyId") or table._get_default_encryption_key(table.account_id, region)
            table.sse_specification = wanted | {"KMSMasterKeyId": key}
            described = table.describe(base_key="Table")["Table"]["SSEDescription"]
        answer = json.loads(response.get_data())
        answer["TableDescription"]["SSEDescription"] = described
        response.set_data(json.dumps(answer))
