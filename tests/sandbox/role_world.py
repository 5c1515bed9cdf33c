"""The resources that the bot's role is for, in an embedded AWS, and the bot that uses them with the role's policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from paybot_ops.core.dialogues import Dialogue
from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client
from tests.sandbox.iam_calls import Need, Needs
from tests.sandbox.iam_evaluation import Document
from tests.sandbox.stripe_world import new_key

FUNCTION_KEY_ID = "ASIASANDBOXFUNCTION0"
# The mocks' ARNs, by what they stand for.
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/mocked"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:mocked"


@dataclass(frozen=True)
class Planned:
    """What Terraform would make: the policies of the bot's role, and the environment of its function."""

    policies: tuple[Document, ...]
    environment: Mapping[str, str]


class World:
    """The resources that the role is for, in an embedded AWS, under the names that it gives them."""

    def __init__(self, sandbox: Sandbox, planned: Planned, bundle: bytes) -> None:
        self.sandbox, self._bundle = sandbox, bundle
        self.kms, self._functions = client(sandbox, "kms"), client(sandbox, "lambda")
        self._manager = client(sandbox, "secretsmanager")
        given = planned.environment
        secret = self._manager.create_secret(Name="stripe", SecretString=self._new_key())["ARN"]
        guardrail = self._guardrail()
        real = {
            given["KMS_KEY_ARN"]: self.kms.create_key()["KeyMetadata"]["Arn"],
            given["STRIPE_SECRET_ARN"]: secret,
            given["GUARDRAIL_ID"]: guardrail,
            TABLE: self._table(given["SESSION_TABLE"]),
            GROUP: GROUP,
        }
        self.policies = tuple(json.loads(_renamed(json.dumps(policy), real)) for policy in planned.policies)
        self.environment = json.loads(_renamed(json.dumps(given), real)) | {
            "GUARDRAIL_VERSION": "1",
            "STRIPE_API_BASE": sandbox.stripe.address,
        }
        role = client(sandbox, "iam").create_role(RoleName="bot", AssumeRolePolicyDocument="{}")
        self._role = role["Role"]["Arn"]

    def deploy(self, name: str, **environment: str) -> str:
        """A version of the bot with these settings."""
        self._functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self._role,
            Handler="payment_bot.handler.handler",
            Code={"ZipFile": self._bundle},
            Timeout=60,
            MemorySize=512,
            Environment={"Variables": self.environment | environment},
        )
        return name

    def rotate_key(self) -> None:
        """Another Stripe key; the one before is no longer good."""
        secret = self.environment["STRIPE_SECRET_ARN"]
        before = self._manager.get_secret_value(SecretId=secret)["SecretString"]
        self.sandbox.stripe.keys.revoke(before, "revoked")
        self._manager.put_secret_value(SecretId=secret, SecretString=self._new_key())

    def hold(self, function: str, dialogue: Dialogue) -> None:
        """Hold a conversation; every answer must stand where it should."""
        session = None
        for line in dialogue.lines:
            body = {"message": line.say} | ({"sessionId": session} if session else {})
            event = {
                "resource": "/chat",
                "path": "/chat",
                "httpMethod": "POST",
                "headers": {"Content-Type": "application/json"},
                "requestContext": {"requestId": "r", "domainName": "x.example.com", "path": "/dev/chat"},
                "body": json.dumps(body),
                "isBase64Encoded": False,
            }
            answer = self._functions.invoke(FunctionName=function, Payload=json.dumps(event))
            reply = json.loads(json.loads(answer["Payload"].read())["body"])
            session = reply["sessionId"]
            assert not line.status or reply["status"] == line.status, (dialogue.title, reply["status"])

    def calls(self) -> list[Need]:
        """What the functions have called so far needs."""
        listed = [call for call in self.sandbox.call_log.listed() if call.caller == FUNCTION_KEY_ID]
        return Needs(self.kms).of(listed)

    def _new_key(self) -> str:
        return new_key(self.sandbox, raw_cards=True)

    def _guardrail(self) -> str:
        bedrock = client(self.sandbox, "bedrock")
        words = {"wordsConfig": [{"text": "bitcoin"}]}
        messages = {"blockedInputMessaging": "no", "blockedOutputsMessaging": "no"}
        made = bedrock.create_guardrail(name="bot", description="bot", wordPolicyConfig=words, **messages)
        bedrock.create_guardrail_version(guardrailIdentifier=made["guardrailId"])
        return str(made["guardrailId"])

    def _table(self, name: str) -> str:
        made = client(self.sandbox, "dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "session_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        return str(made["TableDescription"]["TableArn"])


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for mocked, real in names.items():
        text = text.replace(mocked, real)
    return text
