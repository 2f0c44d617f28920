"""Searches worth a question: patterns over a stream of access rows, the same for our own log and for any vendor's.

``run.audit`` feeds every row to every pattern that the log's columns allow and says which patterns could not be tried. A finding
asks; it never says that somebody broke a law.
"""
