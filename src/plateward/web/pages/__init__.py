"""Pages for people, one file a group: a form or an address in, one call of ``node``, a template out."""
