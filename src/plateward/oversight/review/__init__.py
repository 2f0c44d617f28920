"""Review what vendors' systems did: who is on a sharing list and which promise each entry breaks, what changed, what to ask.

Works alone, on a file that a records request or a portal yields, with the promises, registry and patterns that a node uses. A
finding says "contradicts", "appears contrary to" or "ask", and carries where it was read; it never says that somebody broke a law.
"""
