"""The command line, one file a command group, thin: it speaks to a running node over its API, or to formats and oversight."""
