"""A synthetic town: streets, readers, drivers, officers, partners. Seeded and reproducible; no real person or plate.

Everything follows from one seed and one "now"; nothing here looks at the clock or draws global randomness. Start at ``town.py``
for who and what there is, at ``reads.py`` for the sightings, at ``stories.py`` for what is there to be discovered. ``scene.py``,
``clip.py`` and ``pictures.py`` draw (they need the ``reader`` extra); all else is plain Python.

Ridgeport, Port Alder and Ridge County do not exist. Their coordinates lie in the Pacific, so that none names a real address.
"""
