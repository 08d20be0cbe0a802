"""Templates and settings: the package's, then the company's own."""

import datetime as dt

import pytest

from lamplighter.base.outbox.records import Channel
from lamplighter.base.outbox.settings import OutboxSettingsInvalid, read_outbox_settings
from lamplighter.base.outbox.templates import TemplatesInvalid, TemplateUnknown, draw, read_templates

DAY = dt.date(2026, 11, 26)
FIELDS = {"company": "东海供电", "account": "******5671", "on": "2026-12-01", "telephone": "95598"}
OWN = """
[[template]]
name = "appointment"
version = 2
valid_from = 2026-12-01
source = "marketing department"
evidence = "R"
fields = ["on"]
zh = { title = "预约", body = "{on} 上门" }
en = { title = "Visit", body = "we come on {on}" }
"""


class TestTemplates:
    def test_are_there_in_both_languages_and_marked_where_they_are_ours(self):
        for template in read_templates(on=DAY).values():
            assert set(template.words) == {"zh", "en"}
            assert template.needs_confirmation

    def test_say_what_they_are_given(self):
        drawn = draw(read_templates(on=DAY)["appointment"], FIELDS, language="en")

        assert "2026-12-01" in drawn.body
        assert len(drawn.sha256) == 64

    def test_refuse_to_go_out_with_a_gap(self):
        with pytest.raises(TemplateUnknown):
            draw(read_templates(on=DAY)["appointment"], {"company": "c"}, language="en")

    def test_give_way_to_the_companys_own_from_its_day_on(self, tmp_path):
        (tmp_path / "outbox_templates.toml").write_text(OWN)

        before, after = (read_templates(on=day, folder=tmp_path)["appointment"] for day in (DAY, dt.date(2026, 12, 1)))

        assert (before.version, after.version, after.needs_confirmation) == (1, 2, False)
        assert draw(after, FIELDS, language="en").body == "we come on 2026-12-01"

    @pytest.mark.parametrize(
        "wrong",
        [
            OWN.replace("{on} 上门", "{on.__class__} 上门"),  # reaches into what it is given
            OWN.replace("{on} 上门", "{name} 上门"),
            OWN.replace('["on"]', '["on", "name"]'),  # a field the message does not have
            OWN.replace("en = ", "fr = "),
        ],
    )
    def test_of_a_company_reach_for_nothing_else(self, tmp_path, wrong):
        (tmp_path / "outbox_templates.toml").write_text(wrong)

        with pytest.raises(TemplatesInvalid, match=r"outbox_templates\.toml"):
            read_templates(on=DAY, folder=tmp_path)


class TestSettings:
    def test_send_nothing_anywhere_until_a_company_says_so(self):
        settings = read_outbox_settings()

        assert {given["adapter"] for given in settings.channels.values()} == {"file"}
        assert settings.appointments is False
        assert settings.needs_confirmation

    def test_take_the_companys_channel_as_a_whole(self, tmp_path):
        (tmp_path / "outbox.toml").write_text(
            '[send]\nappointments = true\n[channel.sms]\nadapter = "http"\nurl = "https://sms.example"\n'
            'secret_file = "/etc/sms"\n'
        )
        settings = read_outbox_settings(tmp_path)

        assert settings.channels[Channel.SMS]["url"] == "https://sms.example"
        assert settings.channels[Channel.LETTER]["adapter"] == "file"
        assert settings.appointments is True

    @pytest.mark.parametrize(
        "wrong",
        [
            "[sendings]\n",
            "[send]\nappointment = true\n",
            '[channel.pigeon]\nadapter = "file"\n',
            '[channel.hand]\nadapter = "file"\n',  # handed over by people
            '[channel.sms]\nadapter = "smoke"\n',
            '[channel.sms]\nadapter = "http"\npassword = "x"\n',
            "[sending]\npauses_minutes = [-1]\n",
            "not toml",
        ],
    )
    def test_refuse_what_means_nothing(self, tmp_path, wrong):
        (tmp_path / "outbox.toml").write_text(wrong)

        with pytest.raises(OutboxSettingsInvalid):
            read_outbox_settings(tmp_path)
