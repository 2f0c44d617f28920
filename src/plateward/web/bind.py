"""A request into a handler's typed input, and its answer into a response."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, get_origin
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from plateward.node.sharing.refusals import record_refusal
from plateward.web import logs
from plateward.web.admit import SAFE, admit, check_token, client_of, permit
from plateward.web.endpoint import Access, Call, Endpoint, Site
from plateward.web.problem import Problem, as_json, problem_of
from plateward.web.render import problem_page
from plateward.web.upload import MULTIPART, read_form

JSON, MSGPACK, FORM = "application/json", "application/msgpack", "application/x-www-form-urlencoded"
DECODE: Mapping[str, Callable[..., Any]] = {JSON: msgspec.json.decode, MSGPACK: msgspec.msgpack.decode}
_FIELDS = 500
FORM_LARGEST = 64 * 1024
"""Bytes of a form without files, at an address that takes files."""


async def _nothing(call: Call) -> Response:
    """Stands where the table has no handler."""
    raise Problem(404, f"There is nothing at {call.endpoint.path}.")


_ELSEWHERE = Endpoint("GET", "(elsewhere)", Access.PUBLIC, _nothing, "Addresses that are not in the table")


def routes(site: Site) -> list[Route]:
    """A route for each path of the table, which knows its methods (so that the others get 405 with the right ones)."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in site.table:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return [Route(path, _dispatch(site, methods), methods=list(methods)) for path, methods in by_path.items()]


def _dispatch(site: Site, methods: Mapping[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
    async def dispatch(request: Request) -> Response:
        endpoint = methods["GET" if request.method == "HEAD" else request.method]
        request.scope["plateward.route"] = endpoint.path
        return await answer(site, endpoint, request)

    return dispatch


async def answer(site: Site, endpoint: Endpoint, request: Request) -> Response:
    """Let the caller in, read what is asked, call the handler, write its answer; whatever goes wrong becomes a problem."""
    call = Call(site, request, endpoint)
    try:
        call = await admit(site, endpoint, request)
        await _permit(call)
        if endpoint.files:
            async with site.workshop.place(request, call.session.person.id if call.session else client_of(request)):
                return await _handle(call)
        return await _handle(call)
    except Exception as error:  # the one place where a fault becomes an answer
        problem = problem_of(error)
        if problem.status >= 500:
            logs.fault(endpoint.method, endpoint.path, error)
        return await problem_response(call, problem)


async def _permit(call: Call) -> None:
    """Raise Problem unless this role may; what a role is refused that would have changed something is recorded first."""
    try:
        permit(call)
    except Problem as refused:
        event, person = call.endpoint.event, call.person
        if person is not None and event is not None and call.request.method not in SAFE:
            subject = str(next(iter(call.request.path_params.values()), ""))
            await record_refusal(call.node, person, event, refused.message, subject)
        raise


async def _handle(call: Call) -> Response:
    """Read what is asked, call the handler, write its answer."""
    endpoint, request = call.endpoint, call.request
    if endpoint.files and kind_of(request) == MULTIPART:
        form, files = await read_form(request, endpoint.largest, endpoint.files)
        call = replace(call, files=files)
        check_token(call, form)
        asked = _convert(form, dict(request.path_params), endpoint.takes) if endpoint.takes else None
    else:
        largest = FORM_LARGEST if endpoint.files else endpoint.largest
        unread = request.method in SAFE or endpoint.streamed
        body = b"" if unread else await read_body(request, largest)
        call = replace(call, body=body)
        asked = read_input(call)
    result = await (endpoint.handler(call, asked) if endpoint.takes else endpoint.handler(call))
    return result if isinstance(result, Response) else write(request, result)


def kind_of(request: Request) -> str:
    """The content type of a body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def problem_response(call: Call, problem: Problem) -> Response:
    """``problem`` for whoever asked: JSON under /api, a page elsewhere, or the way to the sign-in page."""
    if problem.status == 303:
        return Response(status_code=303, headers=problem.headers)
    if call.endpoint.programmed:
        return Response(as_json(problem), problem.status, problem.headers, JSON)
    return await problem_page(call, problem)


async def problem_elsewhere(site: Site, request: Request, problem: Problem) -> Response:
    """``problem`` at an address or with a method that the table does not hold."""
    if request.url.path.startswith("/api/v1/"):
        return Response(as_json(problem), problem.status, problem.headers, JSON)
    try:
        call = await admit(site, _ELSEWHERE, request)
    except Problem as refused:
        return Response(as_json(refused), refused.status, refused.headers, JSON)
    return await problem_page(call, problem)


async def read_body(request: Request, largest: int) -> bytes:
    """The body, refused as soon as it is known to be larger than ``largest`` bytes."""
    too_large = Problem(
        413, f"The body is larger than the {largest:,} bytes this address takes.", next_step="Send it in parts."
    )
    if int(request.headers.get("content-length") or 0) > largest:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise too_large
    return bytes(body)


def read_input(call: Call) -> Any:
    """What is asked, as the type the handler takes: from path and query, and from a form, JSON or MessagePack body."""
    request, takes = call.request, call.endpoint.takes
    path: dict[str, Any] = dict(request.path_params)
    kind = kind_of(request)
    if request.method in SAFE or call.endpoint.raw:
        check_token(call, {})
        return _convert(_pairs(request.url.query), path, takes) if takes else None
    if kind in DECODE:
        check_token(call, {})
        if takes is None or not path:
            return DECODE[kind](call.body, type=takes) if takes else None
        return msgspec.convert({**DECODE[kind](call.body, type=dict[str, Any]), **path}, takes, strict=False)
    if kind not in (FORM, "") or (kind == "" and call.body):
        raise Problem(
            415,
            f"This address does not read {kind or 'a body without Content-Type'}.",
            next_step=f"Send {JSON} or {MSGPACK}.",
        )
    form = _pairs(_text(call.body))
    check_token(call, form)
    return _convert(form, path, takes) if takes else None


def write(request: Request, result: object, status: int = 200) -> Response:
    """``result`` as MessagePack where the caller accepts that and no JSON, else as JSON."""
    accepts = request.headers.get("accept", "")
    if MSGPACK in accepts and JSON not in accepts:
        return Response(msgspec.msgpack.encode(result), status, media_type=MSGPACK)
    return Response(msgspec.json.encode(result), status, media_type=JSON)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Problem(400, "The form is not UTF-8 text.") from None


def _pairs(text: str) -> dict[str, list[str]]:
    """A query or form: blank values are left out, so that the type's own default stands."""
    try:
        pairs = parse_qsl(text, keep_blank_values=False, max_num_fields=_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem(400, f"The form cannot be read: {error}.") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _convert(form: Mapping[str, list[str]], path: Mapping[str, Any], takes: type) -> Any:
    many = {field.encode_name for field in msgspec.structs.fields(takes) if get_origin(field.type) in (tuple, list)}
    values: dict[str, Any] = {name: given if name in many else given[-1] for name, given in form.items()}
    return msgspec.convert({**values, **path}, takes, strict=False)
