"""The commands, one file per group, and the table that the root shows without importing any of them."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """A command of the root: where it is (`module:attribute` in this package), and the first line of its help."""

    name: str
    place: str
    summary: str


COMMANDS = (
    Entry(
        "init",
        "init:init",
        "Copy the Terraform module and the bot into a folder; nothing that is there is overwritten.",
    ),
    Entry(
        "package", "package:package", "Build build/lambda.zip: pruned, for arm64, the same bytes for the same sources."
    ),
    Entry("deploy", "deploy:deploy", "Package, plan, show, confirm and apply; then say hello to the bot."),
    Entry("destroy", "deploy:destroy", "Destroy the deployment, after its name was typed in full."),
    Entry(
        "status",
        "status:status",
        "Show the whole deployment on one screen: version, health, alarms, tokens, guardrail, state, key.",
    ),
    Entry(
        "versions",
        "versions:versions",
        "List the published versions: commit, deployer, time, code, guardrail, and which one is live.",
    ),
    Entry(
        "rollback",
        "rollback:rollback",
        "Make an earlier published version live at once, and keep it live through the next deploys.",
    ),
    Entry("pause", "pause:pause", "Stop serving at once: every turn is refused, through every deploy, until resume."),
    Entry(
        "resume",
        "pause:resume",
        "Serve again after a pause, as many turns at once as reserved_concurrency says, and ask the bot.",
    ),
    Entry(
        "logs", "logs:logs", "Show the log lines of the bot and of its API, merged by time; card numbers are masked."
    ),
    Entry(
        "chat",
        "chat:chat",
        "Talk to the deployed bot; what is shown and written holds no card number and no security code.",
    ),
    Entry("outputs", "deploy:outputs", "Show what the deployment says of itself: addresses, names, ARNs."),
    Entry(
        "bootstrap-state",
        "bootstrap_state:bootstrap_state",
        "Make a safe home for Terraform's state: a bucket, a lock, and the file that names them.",
    ),
    Entry(
        "migrate-state",
        "migrate_state:migrate_state",
        "Move the Terraform state into the bucket of bootstrap-state, or back, and prove that it is the same.",
    ),
    Entry("state", "state:app", "Look at the Terraform state, bring a version back, see to its locks."),
    Entry("secrets", "secrets:app", "Set the Stripe key of a deployment, and say which one is set."),
    Entry("alarms", "alarms:app", "See the deployment's alarms, test them, set their thresholds."),
    Entry("notifications", "notifications:app", "Say who hears of alarms, and prove that they do."),
    Entry("metrics", "metrics:app", "What the deployment measured of itself."),
    Entry("cost", "cost:cost", "What the deployment costs, line by line: this month so far, and a month."),
    Entry(
        "guardrails",
        "guardrails:app",
        "Bedrock guardrails: switch them on and off, look, and prove that they guard.",
    ),
    Entry(
        "verify",
        "verify:verify",
        "Drill the deployment: an alarm, the guardrail, the state lock, a test payment. Exits 3 when one fails.",
    ),
    Entry(
        "iam-policy",
        "iam_policy:iam_policy",
        "Print the IAM policy that an operator needs for some commands, or for all of them.",
    ),
    Entry(
        "doctor",
        "doctor:doctor",
        "Check the machine, the account and the deployment; say what mends each fault. Exits 3 when a check fails.",
    ),
    Entry(
        "demo",
        "demo:demo",
        "Deploy the bot into an embedded AWS with the real terraform, talk to it, and take everything down again.",
    ),
    Entry("sandbox", "sandbox:app", "Run the embedded AWS: deploy and try everything without an account."),
)
