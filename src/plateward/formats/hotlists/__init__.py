"""Files of wanted plates: CSV with or without a heading, and the delimited and fixed-width extracts of states and NCIC.

A layout (``layout``) says where in a record each thing stands; a file becomes records (``records``), freed of what stands around
them, whose counts are checked (``edges``), and each record an entry or the reason why it is none (``entries``). Everything here
works on a stream, so that a million lines need no more memory than one.
"""
