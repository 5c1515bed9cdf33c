"""A deployment by hand in an embedded AWS, and command lines in this process."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from dataclasses import dataclass
from typing import Any

from paybot_ops.cli import run
from paybot_ops.sandbox import control_client
from paybot_ops.screen import Screen
from tests.cli.paybot_world import Paybot, Ran
from tests.cli.state_world import WatchedSandbox
from tests.conftest import ROOT
from tests.sandbox.aws_world import NOVA, client
from tests.sandbox.cloudwatch_world import alarm, dimensions
from tests.sandbox.lambda_world import zipped

PROJECT, ENVIRONMENT = "shop", "dev"
MODULE = f"""
variable "project_name" {{ default = "{PROJECT}" }}
variable "environment" {{ default = "{ENVIRONMENT}" }}
variable "aws_region" {{ default = "us-east-1" }}
variable "bedrock_model_id" {{ default = "{NOVA}" }}
variable "bedrock_token_threshold" {{ default = 100000 }}
variable "card_collection" {{ default = "hosted_link" }}
variable "enable_bedrock_guardrails" {{ default = true }}
variable "live_version" {{ default = null }}
variable "paused" {{ default = false }}
variable "reserved_concurrency" {{ default = 20 }}
"""
# Says what the drill of a payment expects to hear, and leaves in the log what that and `chat` look for there.
BOT = """
import hashlib, json

STATUS = {"Hello": "name", "Never mind!": "cancelled"}

def handler(event, context):
    said = json.loads(event["body"])
    session = said.get("sessionId") or "s" * 32
    print(hashlib.sha256(session.encode()).hexdigest()[:12])
    print(json.dumps({"message": "turn answered", "correlation_id": context.aws_request_id}))
    print(json.dumps({"_aws": {}}))
    answer = {"sessionId": session, "response": "Hi", "status": STATUS.get(said["message"], "link")}
    headers = {"X-Correlation-Id": context.aws_request_id}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(answer)}
"""
SERVICES = (
    "API_GATEWAY",
    "BEDROCK",
    "BEDROCK_RUNTIME",
    "CLOUDWATCH",
    "CLOUDWATCH_LOGS",
    "DYNAMODB",
    "IAM",
    "KMS",
    "LAMBDA",
    "S3",
    "SECRETS_MANAGER",
    "SERVICE_QUOTAS",
    "SNS",
    "STS",
)


def endpoints(address: str) -> dict[str, str]:
    """The environment that leads every service to the embedded AWS, as an account of one's own would be reached."""
    return {f"AWS_ENDPOINT_URL_{service}": address for service in SERVICES} | {
        "AWS_ACCESS_KEY_ID": "operator",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "CHECKPOINT_DISABLE": "1",
    }


class Here(Paybot):
    """`paybot` in one folder and in this process."""

    def __call__(self, *arguments: str, environ: Any = None, timeout: float = 0, stdin: str = "") -> Ran:
        del environ, timeout
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(self.folder):
            code = run(list(arguments), Screen(stdout=out, stderr=err, stdin=io.StringIO(stdin)))
        assert "defect of paybot" not in err.getvalue(), err.getvalue()
        return Ran(code, out.getvalue(), err.getvalue())


@dataclass
class World:
    """One embedded AWS with one hand-made deployment in it, and a local state that says so."""

    sandbox: WatchedSandbox
    paybot: Here

    def __post_init__(self) -> None:
        terraform, bot = self.paybot.folder / "terraform", self.paybot.folder / "lambda"
        terraform.mkdir()
        (terraform / "main.tf").write_text(MODULE)
        shutil.copytree(ROOT / "lambda", bot, ignore=shutil.ignore_patterns("__pycache__"))
        self._key()
        self._guardrail()
        self._function()
        self._alarms()
        self.secret = self.aws("secretsmanager").create_secret(
            Name=f"{PROJECT}-stripe-key-{ENVIRONMENT}-1", KmsKeyId=self.key
        )["ARN"]
        self.aws("dynamodb").create_table(
            TableName=self.named("sessions"),
            KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "session_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self._api()
        self.write_state()

    def aws(self, service: str) -> Any:
        """A client of the test's own, whose calls are nobody's."""
        return client(self.sandbox, service)

    def named(self, purpose: str) -> str:
        """A name by the module's scheme."""
        return f"{PROJECT}-{purpose}-{ENVIRONMENT}"

    def write_state(self) -> None:
        """The local state: outputs, and the resources that commands look for."""
        outputs = {
            "environment": ENVIRONMENT,
            "lambda_function_name": self.named("bot"),
            "lambda_alias": "live",
            "lambda_log_group": self.group,
            "stripe_secret_arn": self.secret,
            "session_table_name": self.named("sessions"),
            "alerts_topic_arn": self.topic,
            "chat_url": f"{self.sandbox.endpoint}/_aws/execute-api/{self.api}/{ENVIRONMENT}/chat",
            "api_key_id": self.aws("apigateway").create_api_key(name="chat")["id"],
            "api_authorization": "AWS_IAM",
        }
        guardrail = {"guardrail_id": self.guardrail, "guardrail_arn": self.guardrail_arn, "version": "1"}
        resources = [
            ("aws_lambda_function", "bot", {"function_name": self.named("bot"), "arn": self.function_arn}),
            ("aws_lambda_alias", "live", {"name": "live", "function_name": self.named("bot"), "function_version": "2"}),
            ("aws_bedrock_guardrail", "bot", guardrail | {"version": "DRAFT"}),
            ("aws_bedrock_guardrail_version", "bot", guardrail),
        ]
        document = {
            "version": 4,
            "terraform_version": "1.11.4",
            "serial": 1,
            "lineage": "1",
            "outputs": {name: {"value": value, "type": "string"} for name, value in outputs.items()},
            "resources": [_resource(*each) for each in resources],
        }
        (self.paybot.folder / "terraform/terraform.tfstate").write_text(json.dumps(document))

    def subscribe(self, address: str) -> None:
        """Let somebody hear of the alarms, who has confirmed it."""
        sns = self.aws("sns")
        sns.subscribe(TopicArn=self.topic, Protocol="email", Endpoint=address)
        sent = control_client.call(self.sandbox.endpoint, "GET", "/_paybot/outbox")["messages"]
        asked = [letter for letter in sent if letter["topic_arn"] == self.topic and letter.get("token")]
        sns.confirm_subscription(TopicArn=self.topic, Token=asked[-1]["token"])

    def _key(self) -> None:
        kms = self.aws("kms")
        everybody = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
        self.key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
        kms.create_alias(AliasName=f"alias/{PROJECT}-{ENVIRONMENT}", TargetKeyId=self.key)

    def _function(self) -> None:
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        role = self.aws("iam").create_role(RoleName=self.named("lambda-role"), AssumeRolePolicyDocument=trust)
        self.group = f"/aws/lambda/{self.named('bot')}"
        self.aws("logs").create_log_group(logGroupName=self.group)
        functions, name = self.aws("lambda"), self.named("bot")
        made = functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role["Role"]["Arn"],
            Handler="app.handler",
            Code={"ZipFile": zipped({"app.py": BOT})},
            Environment={"Variables": {"GUARDRAIL_ID": self.guardrail, "GUARDRAIL_VERSION": "1"}},
            Publish=True,
        )
        self.function_arn = made["FunctionArn"].removesuffix(":1")
        functions.update_function_configuration(FunctionName=name, Description="second")
        version = functions.publish_version(FunctionName=name)["Version"]
        functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)

    def _api(self) -> None:
        gateway = self.aws("apigateway")
        functions, region = self.aws("lambda"), "us-east-1"
        uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{self.function_arn}:live/invocations"
        proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
        post = {"responses": {}, "x-amazon-apigateway-integration": proxy}
        document = {"openapi": "3.0.1", "info": {"title": "chat", "version": "1"}, "paths": {"/chat": {"post": post}}}
        self.api = gateway.create_rest_api(name=self.named("api"))["id"]
        gateway.put_rest_api(restApiId=self.api, mode="overwrite", body=json.dumps(document))
        functions.add_permission(
            FunctionName=self.named("bot"),
            Qualifier="live",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{region}:123456789012:{self.api}/*/POST/chat",
        )
        deployment = gateway.create_deployment(restApiId=self.api)["id"]
        gateway.create_stage(restApiId=self.api, stageName=ENVIRONMENT, deploymentId=deployment)

    def _guardrail(self) -> None:
        bedrock = self.aws("bedrock")
        made = bedrock.create_guardrail(
            name=self.named("guardrail"),
            description="test",
            blockedInputMessaging="no",
            blockedOutputsMessaging="no",
            wordPolicyConfig={"wordsConfig": [{"text": "bitcoin"}]},
        )
        self.guardrail, self.guardrail_arn = made["guardrailId"], made["guardrailArn"]
        bedrock.create_guardrail_version(guardrailIdentifier=self.guardrail)

    def _alarms(self) -> None:
        sns, cloudwatch = self.aws("sns"), self.aws("cloudwatch")
        attributes = {"KmsMasterKeyId": self.key}
        self.topic = sns.create_topic(Name=self.named("alerts"), Attributes=attributes)["TopicArn"]
        watched = {
            "Namespace": "AWS/Bedrock",
            "MetricName": "InputTokenCount",
            "Dimensions": dimensions(ModelId="other"),
        }
        settings = watched | {"Period": 86400, "TreatMissingData": "notBreaching", "AlarmActions": [self.topic]}
        cloudwatch.put_metric_alarm(**alarm(self.named("tokens"), **settings))


def _resource(kind: str, name: str, attributes: dict[str, str]) -> dict[str, Any]:
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    instances = [{"schema_version": 0, "attributes": attributes}]
    return {"mode": "managed", "type": kind, "name": name, "provider": provider, "instances": instances}
