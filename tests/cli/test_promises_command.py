"""``plateward promises`` as somebody uses it: no node, plain exit statuses, one JSON document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plateward.bench.policy import policy_figures
from plateward.cli.main import run
from plateward.core.promise import parse_promises


def ask(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, Any]:
    status = run(["promises", *argv, "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def no_ice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    given = ("--agency", "El Cajon Police Department, CA", "--date", "2026-01-12", "--document", "Resolution 26-03")
    assert run(["promises", "template", "no-immigration-enforcement", *given]) == 0
    path = tmp_path / "no-ice.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    return path


def network(tmp_path: Path, *rows: str, head: str = "owner,receiver") -> str:
    path = tmp_path / "network.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return str(path)


def test_the_packs_are_listed_with_what_they_rest_on(capsys: pytest.CaptureFixture[str]) -> None:
    status, listed = ask(capsys, "list")
    assert status == 0
    assert len(listed["packs"]) == 8
    assert all(
        pack["read_from"] and pack["not_covered"] and "legal advice" in pack["disclaimer"] for pack in listed["packs"]
    )
    status, one = ask(capsys, "list", "--pack", "us-nh-261-75-b")
    assert [pack["retention"]["ceiling_minutes"] for pack in one["packs"]] == [3]
    assert {promise["pack"] for promise in one["promises"]} == {"us-nh-261-75-b"}


def test_one_promise_is_shown_with_its_rule_and_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["promises", "show", "us-ca-sb34.federal"]) == 0
    shown = capsys.readouterr().out
    assert "Attorney General" in shown
    assert 'Component::"federal"' in shown
    assert "denied: HSI's Bulk Cash Smuggling Center asks" in shown
    assert run(["promises", "show", "us-ca-sb34"]) == 0
    assert "contested:" in capsys.readouterr().out
    assert run(["promises", "show", "us-ca-sb35"]) == 2


def test_every_case_is_run_and_a_wrong_one_fails_the_command(
    capsys: pytest.CaptureFixture[str], no_ice: Path, tmp_path: Path
) -> None:
    status, told = ask(capsys, "test")
    assert (status, told["failed"]) == (0, 0)
    assert told["cases"] > 150
    status, told = ask(capsys, "test", "--file", str(no_ice))
    assert (status, [p["promise"] for p in told["promises"]]) == (0, ["us-ca-el-cajon-pd.no-immigration-enforcement"])
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(no_ice.read_text().replace('on_behalf_of = "us-dhs-ice"', 'on_behalf_of = "us-doj-fbi"'))
    status, told = ask(capsys, "test", "--file", str(wrong))
    assert (status, told["failed"]) == (1, 1)
    assert run(["promises", "test", "--file", str(wrong)]) == 1
    assert "FAIL denied: an own officer searches on behalf of ICE" in capsys.readouterr().out


def test_a_network_is_checked_by_names_as_vendors_print_them(
    capsys: pytest.CaptureFixture[str], no_ice: Path, tmp_path: Path
) -> None:
    shares = network(
        tmp_path,
        '"El Cajon Police Department, CA",us-dhs-ice-hsi-bcsc',
        'us-ca-el-cajon-pd,"San Diego County Sheriff, CA"',
        "us-ca-el-cajon-pd,Some Club Nobody Knows",
    )
    status, told = ask(capsys, "check", "--file", str(no_ice), "--network", shares)
    assert status == 1
    assert told["broken"] == 1
    assert told["unresolved"] == ["Some Club Nobody Knows"]
    (finding,) = told["findings"]
    assert finding["voice"] == "contradicts"
    assert finding["chain"] == ["us-dhs-ice-hsi-bcsc", "us-dhs-ice-hsi", "us-dhs-ice"]
    assert ask(capsys, "check", "--pack", "us-il-2-130", "--network", shares)[0] == 0


def test_what_was_shared_before_the_law_is_judged_by_its_day(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shares = network(tmp_path, "us-va-state-police,us-doj-fbi")
    assert ask(capsys, "check", "--pack", "us-va-2.2-5517", "--network", shares, "--day", "2025-06-30")[0] == 0
    assert ask(capsys, "check", "--pack", "us-va-2.2-5517", "--network", shares, "--day", "2025-07-01")[0] == 1


def test_without_a_network_every_agency_is_held_against_every_owner(capsys: pytest.CaptureFixture[str]) -> None:
    status, told = ask(capsys, "check", "--pack", "us-ca-sb34")
    assert status == 0
    assert told["agencies"] > 9_000
    assert told["owners"] > 300
    assert told["asked"] < 2_000
    assert told["questions"] > 100_000_000
    bcsc = [f for f in told["findings"] if "us-ca-sb34.federal" in f["promises"]]
    assert bcsc
    assert all(f["whole"] for f in bcsc)


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        ("from,to", "a,b", "line 1"),
        ("owner,receiver", "us-ca-el-cajon-pd,", "line 2"),
        ("owner,receiver,onward", "us-ca-el-cajon-pd,us-doj-fbi,perhaps", "line 2"),
        ("owner,receiver", 'us-ca-el-cajon-pd,"open', "network.csv"),
    ],
)
def test_a_network_that_cannot_be_read_is_named_with_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, head: str, row: str, said: str
) -> None:
    assert run(["promises", "check", "--network", network(tmp_path, row, head=head)]) == 2
    assert said in capsys.readouterr().err


def test_a_quiet_change_is_told_and_fails_the_command(
    capsys: pytest.CaptureFixture[str], no_ice: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new.toml"
    new.write_text(
        no_ice.read_text()
        .replace("any part of immigration enforcement, directly or through others", "immigration enforcement directly")
        .replace('enforcement", action, resource)', 'enforcement", action, resource) when { !context.onBehalf }')
    )
    status, told = ask(capsys, "compare", str(no_ice), str(new))
    assert (status, told["loosens"]) == (1, True)
    (change,) = told["changes"]
    assert "any" in change["weaker_words"]["taken_out"]
    assert [answer["position"] for answer in change["answers"] if answer["loosens"]] == [
        "through a search on its behalf"
    ]
    assert run(["promises", "compare", str(no_ice), str(new)]) == 1
    assert "allowed now, refused before" in capsys.readouterr().out
    assert ask(capsys, "compare", str(no_ice), str(no_ice)) == (0, {"loosens": False, "changes": [], "limits": []})


def test_a_pack_of_ones_own_is_compared_with_the_one_that_comes_along(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert ask(capsys, "compare", "us-va-2.2-5517", "us-va-2.2-5517")[0] == 0
    status, told = ask(capsys, "compare", "us-ca-sb34", "us-ca-sb54")
    assert status == 1
    assert {change["status"] for change in told["changes"]} == {"added", "withdrawn"}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["list", "--pack", "us-tx-1"], "us-tx-1"),
        (["list", "--file", "nowhere.toml"], "nowhere.toml"),
        (["compare", "nowhere.toml", "us-ca-sb34"], "nowhere.toml"),
        (["check", "--day", "soon"], "--day"),
        (["template", "no-money", "--agency", "us-ca-el-cajon-pd"], "--date"),
        (["template", "no-money", "--agency", "Nobody At All", "--date", "2026-01-01", "--document", "x"], "--agency"),
        (
            ["template", "no-cats", "--agency", "us-ca-el-cajon-pd", "--date", "2026-01-01", "--document", "x"],
            "no-cats",
        ),
    ],
)
def test_bad_input_is_named_and_exits_with_2(capsys: pytest.CaptureFixture[str], argv: list[str], said: str) -> None:
    assert run(["promises", *argv]) == 2
    assert said in capsys.readouterr().err


def test_templates_are_listed_and_fill_into_promises(capsys: pytest.CaptureFixture[str], no_ice: Path) -> None:
    status, listed = ask(capsys, "template")
    assert status == 0
    assert "retention" in listed
    assert parse_promises(no_ice.read_text(), "t")[0].promised_by == "us-ca-el-cajon-pd"


def test_the_measurement_names_a_baseline_for_each_figure() -> None:
    figures = policy_figures(agencies=10_400, owners=6)
    assert all(figure.baseline and figure.baseline_name and figure.unit for figure in figures)
    assert any("every agency" in figure.name for figure in figures)
