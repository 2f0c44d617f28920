"""Plateward: a licence plate reader network that keeps its promises.

Rooms, from the inside out (see ``docs/architecture.md``):

``core``       values and rules: no I/O, no clock, no randomness, no async
``formats``    other people's files and payloads to core values and back
``reader``     video and pictures into reads
``store``      PostgreSQL: schema, migrations, queries, the embedded server
``node``       what an agency's node does, one function an action; start at ``node/gate.py``
``oversight``  verify, review, audit: shares only core and formats with what it checks
``registry``   agencies, components and affiliations as data with sources
``rulepacks``  promises as data
``web``        endpoints, pages, static files
``cli``        one file a command group
``demo``       a synthetic town, seeded and reproducible
"""

__version__ = "0.1.0"
