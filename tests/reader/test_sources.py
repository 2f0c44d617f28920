"""What the arguments of ``plateward read`` name."""

from __future__ import annotations

from pathlib import Path

import pytest

from plateward.reader.sources import Kind, find_sources, without_password


def test_a_folder_is_read_in_the_order_of_its_names_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/10.JPG", "a/clip.mp4", "a.png", "notes.txt", ".hidden.jpg", ".cache/x.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found, problems = find_sources([str(tmp_path)])
    assert [Path(s.name).relative_to(tmp_path).as_posix() for s in found] == [
        "a.png",
        "a/clip.mp4",
        "b/10.JPG",
        "b/2.jpg",
    ]
    assert not problems
    assert found[1].kind is Kind.VIDEO


def test_what_is_missing_is_named_and_the_rest_still_found(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    given = [str(tmp_path / "gone.jpg"), str(tmp_path / "a.jpg"), str(tmp_path / "empty"), "ftp://host/x"]
    found, problems = find_sources(given)
    assert [s.name for s in found] == [given[1]]
    assert [p.where for p in problems] == [given[0], given[2], given[3]]


def test_a_file_without_a_telling_name_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    picture, other = tmp_path / "snapshot", tmp_path / "recording"
    picture.write_bytes(b"\xff\xd8\xff\xe0" + bytes(40))
    other.write_bytes(bytes(64))
    found, _ = find_sources([str(picture), str(other)])
    assert [s.kind for s in found] == [Kind.PICTURE, Kind.VIDEO]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://admin:secret@10.0.0.7:554/ch1?token=secret", "rtsp://10.0.0.7:554/ch1"),
        ("https://user:secret@cam.example/live", "https://cam.example/live"),
        ("rtsp://admin:secret@[fe80::1]:8554/x", "rtsp://[fe80::1]:8554/x"),
        ("rtsp://admin:secret@host:notaport/x", None),
    ],
)
def test_a_cameras_password_is_never_part_of_its_name(address: str, shown: str | None) -> None:
    found, problems = find_sources([address])
    said = found[0].name if found else str(problems[0])
    assert "secret" not in said
    assert shown is None or said == shown
    assert not found or found[0].address == address


def test_a_camera_can_be_given_a_name() -> None:
    (camera,), _ = find_sources(["north gate=rtsp://u:p@10.0.0.7/ch1"])
    assert (camera.kind, camera.name, camera.address) == (Kind.STREAM, "north gate", "rtsp://u:p@10.0.0.7/ch1")


def test_an_address_without_a_host_is_refused() -> None:
    found, problems = find_sources(["rtsp:///stream"])
    assert not found
    assert "host" in str(problems[0])


def test_without_password_survives_nonsense() -> None:
    assert "secret" not in without_password("rtsp://a:secret@h:99999999/x")
