"""What an agency's node does, one function an action. Start reading at ``gate.py``: every act passes through it.

Here: the gate, what passes it (``ingest``, ``search``, ``reads``, ``live``, ``exports``), the node, its ledger, its upkeep.
In rooms of their own: ``sharing`` (promises, shares, what is true of whom), ``people``, ``hotlists``, ``alerting`` and ``sending``,
``keeping`` (retention, holds, purging), ``devices`` (readers and cameras), ``overseeing`` and ``publishing``.
"""
