"""Who shares with whom, as other systems write it: Vigilant's PDF, Flock's exports and portals, plain lists.

Each reader turns bytes into ``SharingList`` values and names what it could not read; ``read.read_sharing`` chooses among them.
"""
