"""The call records of a telephone exchange, as a company's folder brings them."""

import datetime as dt

from lamplighter.business.customers.tables import CALL_LEG
from lamplighter.business.metering.records import IntakeCount

HEAD = "call_id,leg,unit_id,queue,offered_at,answered_at,ended_at,agent,wrap_seconds\n"


class TestCalls:
    def test_are_taken_in_by_the_clock_of_the_company(self, company):
        company.write(
            "calls.csv", HEAD + "T1,1,S,95598,2025-01-05 10:00:00,2025-01-05 10:00:12,2025-01-05 10:03:00,1001,30\n"
        )

        report = company.take()

        assert report.count.quarantined == 0
        row = company.rows(CALL_LEG)[0]
        zone = dt.timezone(dt.timedelta(hours=8))
        told = dt.datetime(2025, 1, 5, 10, tzinfo=zone).astimezone(dt.UTC).replace(tzinfo=None)
        assert (row["offered_at"], row["answered_at"] - row["offered_at"]) == (told, dt.timedelta(seconds=12))

    def test_of_one_leg_need_not_number_it(self, company):
        company.write(
            "calls-2.csv", "call_id,unit_id,offered_at,ended_at\nT1,S,2025-01-05 10:00:00,2025-01-05 10:00:40\n"
        )

        company.take()

        assert [(row["leg"], row["answered_at"]) for row in company.rows(CALL_LEG)] == [(1, None)]

    def test_that_cannot_be_so_are_set_aside_with_their_reason_and_the_count_adds_up(self, company):
        company.write(
            "calls.csv",
            HEAD
            + "T1,1,S,q,2025-01-05 10:00:00,2025-01-05 10:00:12,2025-01-05 10:03:00,1001,30\n"
            + "T2,1,NOWHERE,q,2025-01-05 10:00:00,,2025-01-05 10:01:00,,\n"
            + "T3,1,S,q,2025-01-05 10:00:00,2025-01-05 09:59:00,2025-01-05 10:01:00,1001,\n"
            + "T4,1,S,q,2025-01-05 10:00:00,2025-01-05 10:00:09,2025-01-05 10:00:05,1001,\n"
            + "T5,1,S,q,2025-01-05 10:00:00,2025-01-05 10:00:09,2025-01-05 10:01:00,1001,-4\n"
            + "T6,1,S,q,2035-01-05 10:00:00,,2035-01-05 10:01:00,,\n"
            + "T7,1,S,q,2025-01-05 10:00:00,,,,\n",
        )

        report = company.take()

        count = next(file.count for file in report.files if file.path == "calls.csv")
        assert count == IntakeCount(read=7, accepted=1, quarantined=6)
        assert dict(report.reasons) == {
            ("calls", "out_of_order"): 2,
            ("calls", "unknown_unit"): 1,
            ("calls", "negative"): 1,
            ("calls", "in_future"): 1,
            ("calls", "missing_value"): 1,
        }
