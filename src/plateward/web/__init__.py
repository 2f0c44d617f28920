"""Endpoints (one table), pages, templates and static files.

Web turns a request into one call of ``node`` and its answer into bytes. It decides nothing about data: that is the gate's.

``endpoints``  the table: every address, who may use it, what it takes and gives; routes, OpenAPI and docs/api.md come from it
``endpoint``   one row of the table, and the call a handler gets
``bind``       a request into a handler's typed input, its answer into a response
``admit``      who is asking, and whether this role may come in; cross-site forms are turned away
``problem``    what went wrong, as JSON for programs and as a page for people
``security``   headers, host names, cookies, attempts
``render``     templates and the words in them; ``navigation`` the menu
``pages``      one file a group of pages; ``api`` one file a group of JSON endpoints
``app``        the application; ``serve`` runs it; ``parts`` fetches the front-end files that are not ours
"""
