"""The table of endpoints: method, path, who may use it, handler, what it is for, what the ledger keeps of it.

Routes, the OpenAPI document, the API page and ``docs/api.md`` come from here, and nothing is reachable that is not in it. ``pages``:
what people open; ``api``: what programs call.
"""

from plateward.web.endpoints.api import API
from plateward.web.endpoints.pages import PAGES

__all__ = ["ENDPOINTS"]

ENDPOINTS = (*PAGES, *API)
