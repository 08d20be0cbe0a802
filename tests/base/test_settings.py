"""Settings: what the environment decides, and a mistyped name that must not pass unnoticed."""

from pathlib import Path

import pytest

from lamplighter.base.settings import (
    AddressUnusable,
    DeskSettings,
    Home,
    HomeUnusable,
    PortUnusable,
    SettingUnknown,
    read_settings,
)


class TestReadSettings:
    def test_takes_the_home_the_environment_names(self, tmp_path):
        settings = read_settings({"LAMPLIGHTER_HOME": str(tmp_path / "east"), "LAMPLIGHTER_LANG": "zh"})

        assert settings.home == Home(tmp_path / "east")
        assert settings.language == "zh"

    def test_makes_a_relative_home_absolute_so_that_a_later_change_of_folder_does_not_move_it(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)

        assert read_settings({"LAMPLIGHTER_HOME": "east"}).home.path == tmp_path / "east"

    def test_keeps_to_the_platforms_data_folder_without_one(self):
        home = read_settings({}).home

        assert home.path.is_absolute()
        assert home.path.name == "lamplighter"

    def test_refuses_a_mistyped_variable_and_names_the_close_one(self):
        with pytest.raises(SettingUnknown, match="Did you mean LAMPLIGHTER_HOME") as refused:
            read_settings({"LAMPLIGHTER_HOEM": "/srv/east"})

        assert refused.value.names == ("LAMPLIGHTER_HOEM",)

    def test_refuses_a_variable_that_resembles_none(self):
        with pytest.raises(SettingUnknown, match="Known settings: LAMPLIGHTER_HOME") as refused:
            read_settings({"LAMPLIGHTER_XYZZY_PLUGH_42": "1"})

        assert refused.value.closest == ()

    def test_leaves_the_variables_of_others_alone(self):
        assert read_settings({"LAMP": "1", "LAMPLIGHT": "1", "PATH": "/bin"}).language == "en"

    def test_refuses_a_home_that_is_a_file(self, tmp_path):
        (tmp_path / "file").write_text("")

        with pytest.raises(HomeUnusable) as refused:
            read_settings({"LAMPLIGHTER_HOME": str(tmp_path / "file")})

        assert refused.value.path == tmp_path / "file"


class TestDesk:
    def test_is_served_to_this_machine_alone_from_a_file_of_the_home_unless_told_otherwise(self):
        assert read_settings({}).desk == DeskSettings(port=8000, address="", database="")

    def test_takes_port_address_and_database(self):
        desk = read_settings(
            {
                "LAMPLIGHTER_PORT": "8100",
                "LAMPLIGHTER_ADDRESS": "https://desk.example.cn/",
                "LAMPLIGHTER_DATABASE": "postgres://desk@/desk",
            }
        ).desk

        assert desk == DeskSettings(8100, "https://desk.example.cn", "postgres://desk@/desk")

    @pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "8000 "])
    def test_refuses_what_is_no_port(self, port):
        with pytest.raises(PortUnusable):
            read_settings({"LAMPLIGHTER_PORT": port})

    @pytest.mark.parametrize("address", ["desk.example.cn", "ftp://desk", "https://desk.example.cn/path", "https://"])
    def test_refuses_what_is_no_address_of_a_site(self, address):
        with pytest.raises(AddressUnusable):
            read_settings({"LAMPLIGHTER_ADDRESS": address})


class TestHome:
    def test_keeps_everything_of_a_company_under_one_folder(self):
        home = Home(Path("/srv/east"))

        assert [folder.relative_to("/srv/east").as_posix() for folder in home.folders] == [
            "lake",
            "models",
            "reports",
            "settings",
        ]

    def test_is_empty_until_something_is_kept(self, tmp_path):
        home = Home(tmp_path / "east")

        assert home.is_empty()

        home.lake.mkdir(parents=True)

        assert not home.is_empty()
