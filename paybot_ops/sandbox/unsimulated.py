"""Calls that moto would answer with something empty: refused, so that nobody takes the emptiness for an answer."""

from __future__ import annotations

import re

from werkzeug import Request, Response

from paybot_ops.sandbox.part import signed_for
from paybot_ops.sandbox.protocols import error

_BEDROCK_RUNTIME = re.compile(r"/(model|guardrail|async-invoke)(/.*)?")


class Unsimulated:
    """Bedrock's runtime beyond Converse and ApplyGuardrail: moto answers InvokeModel with `{}` for any model."""

    def answer(self, request: Request) -> Response | None:
        """A 501 for such a call, None to any other."""
        if signed_for(request)[0] != "bedrock" or not _BEDROCK_RUNTIME.fullmatch(request.path):
            return None
        message = "Of Bedrock's runtime the embedded AWS simulates Converse and ApplyGuardrail only."
        return error(request, "NotImplemented", message, 501)
