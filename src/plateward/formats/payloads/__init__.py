"""What cameras and recognisers of other makers send, to reads: one module a sender, each with a detector and a parser.

Pure functions over bytes. A message is opened once (``message``: multipart, form, JSON, XML, CSV, all bounded), recognised
(``detect``), and taken apart so that one bad read never costs its neighbours.
"""
