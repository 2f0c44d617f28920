"""A live view in the browser of the computer that reads: what the cameras see, plates masked but for those on the user's list."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from plateward.core.errors import BadInput
from plateward.reader.geometry import Image
from plateward.reader.read_picture import Plate
from plateward.reader.show import draw, legible_of
from plateward.reader.sources import Source
from plateward.reader.video import Frame

WIDTH = 960
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>plateward read</title><style>body{font:16px system-ui;margin:1rem;background:#111;color:#eee}img{max-width:100%}</style>
<h1>What is read now</h1><p>Plates that are not on your list are masked.</p>"""


class LiveView:
    """Serves ``http://127.0.0.1:PORT/`` to this computer alone. Each picture replaces the last; nothing is kept."""

    def __init__(self, port: int, legible: Callable[[str], bool] | None = None) -> None:
        self._legible = legible
        self._pictures: dict[str, tuple[int, bytes]] = {}
        self._fresh = threading.Condition()
        self._closed = False
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        except (OSError, OverflowError) as error:
            raise BadInput(f"the live view cannot be served on port {port} ({error})", where="--show") from None
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def picture(self, source: Source, image: Image, plates: Sequence[Plate]) -> None:
        """See ``passes.Shows``."""
        self._put(source, image, plates)

    def frame(self, source: Source, frame: Frame, plates: Sequence[Plate]) -> None:
        """See ``passes.Shows``."""
        self._put(source, frame.colour(), plates)

    def end(self, source: Source) -> None:
        """See ``passes.Shows``."""
        with self._fresh:
            self._pictures.pop(source.name, None)

    def close(self) -> None:
        """Stop serving."""
        with self._fresh:
            self._closed = True
            self._fresh.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def names(self) -> list[str]:
        """The sources there are pictures of."""
        with self._fresh:
            return sorted(self._pictures)

    def after(self, name: str, number: int, wait_s: float) -> tuple[int, bytes] | None:
        """The picture of a source that came after ``number``, None when none came within ``wait_s`` or all is over."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._closed or self._pictures.get(name, (number,))[0] > number, wait_s)
            held = self._pictures.get(name)
            return held if held and held[0] > number and not self._closed else None

    def _put(self, source: Source, image: Image, plates: Sequence[Plate]) -> None:
        import cv2

        drawn = draw(image, plates, legible_of(source, self._legible))
        if drawn.shape[1] > WIDTH:
            drawn = cv2.resize(drawn, (WIDTH, round(drawn.shape[0] * WIDTH / drawn.shape[1])))
        done, encoded = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 75])
        if done:
            with self._fresh:
                number = self._pictures.get(source.name, (0, b""))[0] + 1
                self._pictures[source.name] = number, encoded.tobytes()
                self._fresh.notify_all()


def _handler(view: LiveView) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = self.headers.get("Host", "").rpartition(":")[0]
            if host not in ("127.0.0.1", "localhost"):
                # Another site's name that points here must not look on.
                self.send_error(421)
            elif self.path == "/":
                self._page()
            else:
                self._stream(unquote(self.path.removeprefix("/")))

        def _page(self) -> None:
            from html import escape
            from urllib.parse import quote

            shown = "".join(
                f'<h2>{escape(name)}</h2><img src="/{quote(name, safe="")}" alt="What {escape(name)} sees">'
                for name in view.names()
            )
            body = (_PAGE + (shown or "<p>No picture yet; reload in a moment.</p>")).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def _stream(self, name: str) -> None:
            if name not in view.names():
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            number = 0
            while held := view.after(name, number, 30):
                number, jpeg = held
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
                try:
                    self.wfile.write(head + jpeg + b"\r\n")
                except OSError:
                    return

        def log_message(self, *_: Any) -> None:
            """Who looks on is nobody's business."""

    return Handler
