"""A stranger who writes to a deployed chat."""

from __future__ import annotations

import json
import urllib.error
import urllib.request


def post(url: str) -> tuple[int, str]:
    """A stranger's message: (status, the error's code)."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, b'{"message": "hi"}', headers, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]["code"]
