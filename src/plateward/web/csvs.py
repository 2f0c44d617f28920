"""Tables as files for download."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.responses import Response

from plateward.formats.tables import write_csv


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV file. UTF-8 with a byte order mark, because spreadsheets guess otherwise."""
    return Response(
        "\ufeff" + write_csv(columns, rows),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
