"""Pictures and video into reads. ``Detector`` and ``Recogniser`` are one-method protocols, so either can be replaced."""
