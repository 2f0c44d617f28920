"""What an agency's node does, one function an action. Start reading at ``gate.py``: every act passes through it."""
