"""The inventory from the shell: import, export, devices, credentials, territory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from nms.app.commands import credential, device, inventory_io, territory
from nms.base.errors import Conflict, InputError, NotFound, SourceUnavailable
from tests.fakes import geo_api

app = typer.Typer()
app.command("import")(inventory_io.import_)
app.command("export")(inventory_io.export)
app.add_typer(device.app, name="device")
app.add_typer(credential.app, name="credential")
app.add_typer(territory.app, name="territory")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh folder of state."""
    monkeypatch.setenv("NMS_HOME", str(tmp_path / "home"))
    for name in ("NMS_COMMUNITY", "NMS_V3_AUTH_KEY", "NMS_V3_PRIV_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def nms(*words: str) -> str:
    """Output of a command that may raise an error of ours."""
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_file_is_tried_imported_listed_and_exported(home: Path) -> None:
    file = home / "mine.csv"
    file.write_text("name;address;role\ncore;10.0.0.1;router\nbox;[::1]:1161;\n", encoding="utf-16")
    assert "nothing written" in nms("import", str(file), "--dry-run")
    assert "No device yet" in nms("device", "list")
    assert "new: 2 device" in nms("import", str(file))
    listed = nms("device", "list")
    assert "10.0.0.1" in listed
    assert "[::1]:1161" in listed
    out = home / "out.csv"
    nms("export", "--out", str(out))
    assert "unchanged: 2" in nms("import", str(out))
    assert json.loads(nms("export", "--format", "geojson"))["type"] == "FeatureCollection"


def test_a_wrong_file_lists_its_errors_and_changes_nothing(home: Path) -> None:
    file = home / "bad.csv"
    file.write_text("name,address\n-x,10.0.0.1\ny,$(id)\n")
    result = CliRunner().invoke(app, ["import", str(file)])
    assert isinstance(result.exception, InputError)
    assert "row 2, column name" in result.output
    assert "row 3, column address" in result.output
    assert "No device yet" in nms("device", "list")
    with pytest.raises(InputError, match="cannot be read"):
        nms("import", str(home / "absent.csv"))


def test_a_device_is_added_changed_shown_and_retired() -> None:
    assert "added" in nms("device", "add", "core", "address=10.0.0.1", "label=Le cœur")
    assert "changed" in nms("device", "set", "core", "role=router")
    shown = nms("device", "show", "core")
    assert "router" in shown
    assert "Le cœur" in shown
    nms("device", "retire", "core")
    assert "in_service > retired" in nms("device", "show", "core")
    with pytest.raises(InputError, match="already"):
        nms("device", "add", "core", "address=10.0.0.2")
    with pytest.raises(NotFound):
        nms("device", "show", "other")
    with pytest.raises(InputError, match="FIELD=VALUE"):
        nms("device", "set", "core", "colour=red")


def test_ones_own_device_is_kept_out_of_the_demo_with_the_way_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "home").mkdir()
    (home / "home" / "nms.toml").write_text("simulated = true\n")
    file = home / "mine.csv"
    file.write_text("name,address\ncore,10.0.0.1\n")
    for words in (("device", "add", "core", "address=10.0.0.1"), ("import", str(file))):
        with pytest.raises(Conflict, match=r"make run INVENTORY=file\.csv"):
            nms(*words)


def test_a_secret_comes_from_the_environment_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="NMS_COMMUNITY"):
        nms("credential", "add", "lab")
    monkeypatch.setenv("NMS_COMMUNITY", "canary-1")
    monkeypatch.setenv("NMS_V3_AUTH_KEY", "canary-22")
    monkeypatch.setenv("NMS_V3_PRIV_KEY", "canary-33")
    said = nms("credential", "add", "lab")
    said += nms("credential", "add", "v3", "--version", "v3", "--user", "u", "--auth", "SHA256", "--priv", "AES128")
    nms("device", "add", "core", "address=10.0.0.1", "credential=lab")
    said += nms("credential", "list") + nms("export") + nms("device", "show", "core")
    assert "lab  v2c  used by 1 devices" in said
    assert "canary" not in said
    nms("credential", "remove", "v3")
    with pytest.raises(InputError, match="used by 1"):
        nms("credential", "remove", "lab")


def test_the_bundled_territory_is_loaded_and_looked_up() -> None:
    assert "1338 communes" in nms("territory", "load")
    assert "Montmoreau" in nms("territory", "show", "16004")
    assert "cannot be computed" in nms("territory", "show", "86194")
    assert "86194  Poitiers" in nms("territory", "show", "poitiers")
    with pytest.raises(NotFound):
        nms("territory", "show", "atlantis")


def test_outlines_are_fetched_made_a_pack_and_loaded_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with geo_api.served() as told:
        monkeypatch.setenv("NMS_TERRITORY_SOURCE", told.url)
        said = nms("territory", "fetch", "--departments", "16,86")
        again = nms("territory", "fetch", "--departments", "86, 16")
        told.departments["16"][0]["geometry"] = None
        other = nms("territory", "fetch", "--departments", "16,86", "--tolerance", "0")
    assert "3 with an outline, 3 with an area" in said
    assert "are known here and no more in the source" in said
    assert "nothing changed" in again
    assert "Abzac (16001)" in other
    assert "cannot be computed" in nms("territory", "show", "16001")
    (folder,) = {line for line in said.splitlines() if "/home/territory/" in line}
    assert folder in again
    assert nms("territory", "load", folder).startswith("624 communes")
    shown = nms("territory", "show", "16001")
    assert "area        86.03 km2" in shown
    assert "population  321\n" in shown


def test_offline_is_said_with_what_to_do_and_nothing_changes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with geo_api.served() as told:
        gone = told.url
    monkeypatch.setenv("NMS_TERRITORY_SOURCE", gone)
    with pytest.raises(SourceUnavailable) as caught:
        nms("territory", "fetch")
    for part in (gone.removeprefix("http://"), "cannot be reached", "Nothing was changed", "nms territory load FOLDER"):
        assert part in caught.value.message
    assert not (home / "home" / "territory").exists()
    with pytest.raises(InputError, match="not a department code"):
        nms("territory", "fetch", "--departments", "16,x")
    assert "1338 communes" in nms("territory", "load")


def test_an_answer_that_ends_half_way_leaves_what_was_loaded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with geo_api.served(geo_api.Told(fault_at="/departements/86", fault=geo_api.truncated)) as told:
        monkeypatch.setenv("NMS_TERRITORY_SOURCE", told.url)
        with pytest.raises(SourceUnavailable, match="then the connection ended"):
            nms("territory", "fetch", "--departments", "16,86")
    assert not (home / "home" / "territory").exists()
    assert "cannot be computed" in nms("territory", "show", "16001")
