"""Values and rules: what a plate, a read, an agency, a promise, a share, a decision and an event *are*.

Nothing here does input or output, looks at the clock, draws random numbers or is asynchronous: time and randomness are
arguments. Everything else in Plateward may import this room; it imports nothing but the standard library, msgspec and Cedar.
"""
