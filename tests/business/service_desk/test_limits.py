import datetime as dt

from lamplighter.business.service_desk.identity import AttemptsInMemory, Identity, identity_rules
from lamplighter.business.service_desk.limits import limits_on
from tests.business.service_desk.conftest import NOW


class TestLimits:
    def test_say_who_says_so_and_that_they_are_company_defaults(self):
        limits = limits_on(dt.date(2026, 3, 9))

        assert limits.source
        assert limits.evidence == "P"

    def test_of_a_day_before_the_first_are_the_first(self):
        assert limits_on(dt.date(1999, 1, 1)) == limits_on(dt.date(2024, 1, 1))


class Nobody:
    def facts_on_file(self, account_id):
        return None


class TestIdentity:
    def test_forgets_failures_after_as_long_as_the_rules_say(self):
        identity = Identity(Nobody(), AttemptsInMemory())
        rules = identity_rules()
        for _ in range(rules.attempts):
            identity.check_facts(account_id="1000000248", facts={"name": "张三"}, asker="one", now=NOW)

        later = NOW + dt.timedelta(hours=rules.within_hours)

        assert identity.is_blocked(account_id="1000000248", asker="one", now=later)
        assert not identity.is_blocked(account_id="1000000248", asker="one", now=later + dt.timedelta(seconds=1))
