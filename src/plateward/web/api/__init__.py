"""The JSON API, one file a group: typed input, one call of ``node``, a typed answer (``shapes``)."""
