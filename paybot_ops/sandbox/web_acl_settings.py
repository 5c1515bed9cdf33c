"""A web ACL's data protection, which moto forgets: without it a second plan would want to set it again.

Source: WAF's API reference (CreateWebACL, UpdateWebACL, GetWebACL).
"""

from __future__ import annotations

import json
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.part import Moto, signed_for
from paybot_ops.sandbox.protocols import operation_of

_MEMBER = "DataProtectionConfig"
_ATTRIBUTE = "paybot_data_protection"


class WebAclSettings:
    """Remembers what a request sets, and puts it into the answer that describes a web ACL."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto

    def mend(self, request: Request, response: Response) -> None:
        """Amend moto's answer to a WAF request, in place."""
        service, region = signed_for(request)
        if service != "wafv2" or response.status_code >= 300:
            return
        operation = operation_of(request)
        if operation in ("CreateWebACL", "UpdateWebACL"):
            asked = json.loads(request.get_data())
            for web_acl in self._named(region, asked["Name"]):
                setattr(web_acl, _ATTRIBUTE, asked.get(_MEMBER))
        elif operation == "GetWebACL":
            answer = json.loads(response.get_data())
            for web_acl in self._named(region, answer["WebACL"]["Name"]):
                if kept := getattr(web_acl, _ATTRIBUTE, None):
                    answer["WebACL"][_MEMBER] = kept
            response.set_data(json.dumps(answer))

    def _named(self, region: str, name: str) -> list[Any]:
        with self._moto.backend("wafv2", region) as backend:
            return [web_acl for web_acl in backend.wacls.values() if web_acl.name == name]
