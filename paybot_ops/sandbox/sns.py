"""SNS in front of moto's: endpoints are checked, and a subscription is pending until it is confirmed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.functions import may_invoke, resolve
from paybot_ops.sandbox.lambda_part import LambdaPart
from paybot_ops.sandbox.metric_data import offset_of, token_for
from paybot_ops.sandbox.part import ACCOUNT_ID, Moto, signed_for
from paybot_ops.sandbox.protocols import operation_of
from paybot_ops.sandbox.rest_json import ApiError
from paybot_ops.sandbox.rpc import Rpc

_PAGE = 100
_MOST_LETTERS = 1000
_EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
_PHONE = re.compile(r"\+?[1-9][0-9]{5,14}")
_ENDPOINTS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "email": (_EMAIL, "Email address"),
    "email-json": (_EMAIL, "Email address"),
    "sms": (_PHONE, "Invalid SMS endpoint"),
    "http": (re.compile(r"http://[^\s/]+.*"), "Endpoint must match the specified protocol"),
    "https": (re.compile(r"https://[^\s/]+.*"), "Endpoint must match the specified protocol"),
    "sqs": (re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?"), "SQS endpoint ARN"),
    "lambda": (re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w:$-]+"), "Lambda endpoint ARN"),
    "application": (re.compile(r"arn:aws[a-z-]*:sns:.+:endpoint/.+"), "Application endpoint arn"),
    "firehose": (re.compile(r"arn:aws[a-z-]*:firehose:.+:deliverystream/.+"), "Firehose endpoint ARN"),
}


class Sns:
    """Subscriptions with their states; topics and publishing are moto's."""

    def __init__(self, moto: Moto, functions: LambdaPart) -> None:
        self._moto = moto
        self._functions = functions
        # What was sent to people, servers and functions, oldest first; the confirmations hold their tokens.
        self.outbox: deque[dict[str, Any]] = deque(maxlen=_MOST_LETTERS)
        self._deleted: list[Any] = []
        operations = {
            "Subscribe": self._subscribe,
            "ConfirmSubscription": self._confirm,
            "Unsubscribe": self._unsubscribe,
            "ListSubscriptions": self._list,
            "ListSubscriptionsByTopic": self._list,
            "GetTopicAttributes": self._count,
        }
        self._rpc = Rpc("sns", "sns", operations, moto.lock, invalid_code="InvalidParameter")

    def answer(self, request: Request) -> Response | None:
        """The answer to an SNS request, None to what is moto's; the link in a confirmation needs no signature."""
        if not signed_for(request)[0] and request.method == "GET" and operation_of(request) == "ConfirmSubscription":
            return self._follow_link(request)
        return self._rpc.answer(request)

    def _follow_link(self, request: Request) -> Response:
        params = {name: request.args.get(name, "") for name in ("TopicArn", "Token")}
        region = (params["TopicArn"].split(":") + [""] * 4)[3]
        try:
            with self._moto.lock:
                found = self._confirm(params, region)
        except ApiError as refusal:
            return Response(refusal.message, refusal.status)
        return Response(f"Subscription confirmed: {found['SubscriptionArn']}\n")

    def _subscribe(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        from paybot_ops.sandbox.sns_subscription import PendingSubscription

        protocol, endpoint = params["Protocol"], params.get("Endpoint", "")
        _check_endpoint(protocol, endpoint)
        with self._moto.backend("sns", region) as backend:
            topic = self._topic(backend, params["TopicArn"])
            found = backend._find_subscription(topic.arn, endpoint, protocol)
            if found is None:
                found = PendingSubscription(ACCOUNT_ID, topic, endpoint, protocol, self._deliver)
                backend.subscriptions[found.arn] = found
                self._set_attributes(backend, found, params.get("Attributes", {}))
            elif not found.confirmed:
                found.ask()
            shown = found.confirmed or params.get("ReturnSubscriptionArn", False)
            return {"SubscriptionArn": found.arn if shown else "pending confirmation"}

    def _set_attributes(self, backend: Any, subscription: Any, attributes: Mapping[str, str]) -> None:
        # The scope decides how the filter is checked.
        for name in sorted(attributes, key=lambda name: name != "FilterPolicyScope"):
            backend.set_subscription_attributes(subscription.arn, name, attributes[name])

    def _confirm(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        with self._moto.backend("sns", region) as backend:
            self._topic(backend, params["TopicArn"])
            for each in backend.subscriptions.values():
                if each.topic.arn == params["TopicArn"] and params["Token"] == getattr(each, "token", None):
                    each.confirm()
                    return {"SubscriptionArn": each.arn}
        raise ApiError("InvalidParameter", "Invalid parameter: Token")

    def _unsubscribe(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        arn = params["SubscriptionArn"]
        if arn.count(":") != 6:
            reason = f"An ARN must have at least 6 elements, not {arn.count(':') + 1}"
            raise ApiError("InvalidParameter", f"Invalid parameter: SubscriptionArn Reason: {reason}")
        with self._moto.backend("sns", region) as backend:
            found = backend.subscriptions.pop(arn, None)
        if found is not None and found.protocol in ("email", "email-json", "http", "https"):
            self._deleted.append(found)
        return {}

    def _list(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        with self._moto.backend("sns", region) as backend:
            wanted = self._topic(backend, params["TopicArn"]).arn if "TopicArn" in params else None
            gone = [item for item in self._deleted if item.topic.arn in backend.topics]
            held = [item for item in [*backend.subscriptions.values(), *gone] if wanted in (None, item.topic.arn)]
        offset = offset_of(params.get("NextToken"))
        token = {"NextToken": token_for(offset + _PAGE)} if offset + _PAGE < len(held) else {}
        shown = [_shown(item, "Deleted" if item in gone else "") for item in held[offset : offset + _PAGE]]
        return {"Subscriptions": shown} | token

    def _count(self, params: dict[str, Any], region: str) -> None:
        """Bring the counts of moto's topic up to date, and leave the answer to it."""
        with self._moto.backend("sns", region) as backend:
            topic = backend.topics.get(params["TopicArn"])
            if topic is not None:
                held = [item for item in backend.subscriptions.values() if item.topic is topic]
                topic.subscriptions_confimed = sum(item.confirmed for item in held)
                topic.subscriptions_pending = len(held) - topic.subscriptions_confimed
                topic.subscriptions_deleted = sum(item.topic is topic for item in self._deleted)

    def _topic(self, backend: Any, arn: str) -> Any:
        if arn not in backend.topics:
            raise ApiError("NotFound", "Topic does not exist", status=404)
        return backend.topics[arn]

    def _deliver(self, letter: dict[str, Any]) -> None:
        if letter["kind"] == "SubscriptionConfirmation":
            query = f"Action=ConfirmSubscription&TopicArn={letter['topic_arn']}&Token={letter['token']}"
            letter["subscribe_url"] = f"{self._moto.endpoint}/?{query}"
        elif letter["protocol"] == "lambda":
            letter["error"] = self._invoked(letter)
        self.outbox.append(letter)

    def _invoked(self, letter: dict[str, Any]) -> str:
        from paybot_ops.sandbox.sns_subscription import lambda_event

        arn, region = letter["endpoint"], letter["endpoint"].split(":")[3]
        try:
            if not may_invoke(resolve(self._moto, arn, None, region), "sns.amazonaws.com", letter["topic_arn"]):
                return "the function's policy does not let sns.amazonaws.com invoke it"
            self._functions.submit(arn, None, lambda_event(letter), region)
        except ApiError as refusal:
            return refusal.message
        return ""


def _check_endpoint(protocol: str, endpoint: str) -> None:
    if protocol not in _ENDPOINTS:
        reason = f"Amazon SNS does not support this protocol string: {protocol}"
        raise ApiError("InvalidParameter", f"Invalid parameter: {reason}")
    pattern, what = _ENDPOINTS[protocol]
    bare = re.sub(r"[./ -]", "", endpoint) if protocol == "sms" else endpoint
    if not pattern.fullmatch(bare):
        raise ApiError("InvalidParameter", f"Invalid parameter: {what}")


def _shown(subscription: Any, state: str) -> dict[str, str]:
    return {
        "SubscriptionArn": state or (subscription.arn if subscription.confirmed else "PendingConfirmation"),
        "Owner": ACCOUNT_ID,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic.arn,
    }
