"""A whole deployment in one process on a virtual clock: the daemon's own reconcilers, with what is around them stood in for.

It decides nothing itself: it says when to look, evaluates what people wrote as an evaluator does, and carries runs out as a
worker does. It starts no thread and no process, and never waits, so that the same test comes to the same each time.
"""
