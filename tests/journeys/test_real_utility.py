"""A whole real utility, from its regulator's file to the losses of its two lines."""

import datetime as dt
import json

import pytest

from lamplighter.base.settings import Home
from lamplighter.business.network.readers.bdgd_lines import orient_lines
from lamplighter.business.network.readers.geodatabase import GeodatabaseUnreadable, convert_bdgd
from lamplighter.doors.cli.line_loss import show_utility
from lamplighter.journeys.real_utility import run_real_utility

FILE = "bdgd_mux_energia_2024.gdb.zip"
NOW = dt.datetime(2025, 8, 6)


@pytest.fixture(scope="module")
def utility(real_data, tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("utility"))
    return run_real_utility(data=real_data / FILE, home=home, now=NOW)


@pytest.fixture(scope="module")
def without_solar(real_data, tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("without-solar"))
    return run_real_utility(data=real_data / FILE, home=home, now=NOW, with_solar=False)


@pytest.mark.requires("real-data")
class TestRealUtility:
    def test_loses_6_75_and_6_01_percent_on_its_two_lines(self, utility):
        rates = [line.loss_rate for line in utility.lines]

        assert rates == pytest.approx([0.0675, 0.0601], abs=0.0005)
        assert all(line.is_finding and line.months == (12, 12) for line in utility.lines)

    def test_enters_by_the_ordinary_door_with_a_count_that_adds_up(self, utility):
        for file in utility.imported.files:
            count = file.count
            assert count.read == count.accepted + count.versioned + count.repeated + count.quarantined
            assert count.quarantined == 0
        assert utility.conversion.rows["areas"] == 273
        assert utility.conversion.rows["customers"] == 13_300 + 40 + 3_481

    def test_follows_lines_to_the_customers_because_no_transformer_is_metered(self, utility):
        assert {line.boundary for line in utility.lines} == {"customers"}

    def test_gets_near_the_regulators_own_technical_loss_of_lines_and_transformers(self, utility):
        # 2.60 and 2.52 GWh by the regulator's load flow; ours from monthly energies.
        for line in utility.lines:
            assert line.technical_kwh == pytest.approx(line.declared_network_kwh, rel=0.2)

    def test_keeps_what_the_regulator_declares_beside_it(self, utility):
        declared = {line.feeder_id: line for line in utility.lines}["1_TAP2_1"]

        assert declared.declared_technical_kwh["medium_voltage_technical_kwh"] == 1_766_025
        assert declared.declared_loss_kwh == 1_766_025 + 195_300 + 838_695 + 54_626 + 319_965
        assert declared.declared_input_kwh == 39_788_746

    def test_says_that_solar_is_missing_instead_of_calling_minus_8_percent_a_finding(self, without_solar):
        first, second = without_solar.lines

        assert (first.loss_rate, second.loss_rate) == pytest.approx((0.0009, -0.0838), abs=0.0005)
        assert not first.is_finding
        assert not second.is_finding
        assert first.reasons == second.reasons == "solar_unknown"
        assert first.unmeasured_plants + second.unmeasured_plants > 850

    def test_tells_people_so(self, without_solar, capsys):
        show_utility(without_solar, as_json=False)

        told = " ".join(capsys.readouterr().out.split())
        assert "Line 2_TAP2_1: there are solar customers whose export is not known" in told
        assert "comes out as -8.38%, which is no finding" in told
        assert "not computable" in told

    def test_gives_machines_the_same(self, utility, capsys):
        show_utility(utility, as_json=True)

        lines = json.loads(capsys.readouterr().out)["lines"]
        assert [round(line["loss_rate"], 4) for line in lines] == [0.0675, 0.0601]


class TestGeodatabase:
    def test_refuses_a_file_that_is_none(self, tmp_path):
        file = tmp_path / "readings.zip"
        file.write_bytes(b"no zip")

        with pytest.raises(GeodatabaseUnreadable, match=r"readings\.zip"):
            convert_bdgd(archive=file, folder=tmp_path / "out")


class TestOrientLines:
    def test_turns_every_piece_away_from_the_source(self):
        #  T -- a -- b      c hangs on a, and a ring closes from b to c
        pieces = [("b", "a"), ("a", "T"), ("a", "c"), ("c", "b"), ("x", "y")]
        found = orient_lines(root="T", pieces=[{"PAC_1": one, "PAC_2": two} for one, two in pieces])

        assert [(start, end) for _, start, end in found] == [("T", "a"), ("a", "b"), ("a", "c")]
