"""The payment chat bot's Lambda function: one chat message in, one reply out.

The way of a message: `handler` → `gateway` (what was sent) → `turns` (one turn with its reads and writes) →
`dialogue.machine` (what it means, pure) → `actions` (what has to be done: `vault`, `payments`) → `dialogue.outcomes`
(what follows, pure) → `answers` (what the model may say, within `budget`) → `sessions` (what is kept, `rows`) →
`gateway` (what goes back).
"""
