"""The editor door: what a person who types needs of the server, over HTTP alone.

1. Text is looked at half-typed: whatever stands there, the answer is the best that can be said, never a failure.
2. Nothing here runs a person's text to learn about it: completion, hovering, diagnosing and formatting read the catalog
   that the session keeps anyway.
3. Positions are UTF-16 code units, as in JavaScript and the Language Server Protocol; they are converted at the door.
4. Whoever may run arbitrary queries may use it, nobody else: the owner, an operator or a secret key.
5. One set of URLs serves every engine; the database's engine decides who answers.
6. Work on text happens in a thread and is bounded, so that nobody's text holds up somebody else's request.
"""
