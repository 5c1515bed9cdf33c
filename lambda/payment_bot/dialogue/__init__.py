"""What is said and decided: pure functions over a conversation, with no clock, network or storage.

`machine.decide` takes a message and gives a move: the conversation after it, the words that are due, and at most one
effect to carry out. `outcomes.settle` turns what came of the effect into the next move.
"""
