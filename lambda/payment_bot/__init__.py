"""The payment chat bot's Lambda function: one chat message in, one reply out.

The way of a message: `handler` → `gateway` (what was sent) → `turns` (one turn with its reads and writes) →
`conversation` (what to say, pure) with `model` and `sessions` at its sides → `gateway` (what goes back).
"""
