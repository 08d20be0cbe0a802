"""The drawing of routes: true to distance, in the middle, a pin a stop."""

from lamplighter.business.inspection.planning.desk_queries import CrewDay, StopRow
from lamplighter.doors.web.route_map import HUES, MARGIN, WIDTH, draw_routes


def stop(number: int, longitude: float, latitude: float) -> StopRow:
    return StopRow(
        number=number,
        account_id="1",
        masked_account="*",
        area_name="A",
        arrive="09:00",
        leave="09:30",
        drive_minutes=1.0,
        km=1.0,
        checks=(),
        longitude=longitude,
        latitude=latitude,
        is_locked=False,
        is_random=False,
        theft_probability=None,
        expected_yuan=None,
        colour="",
    )


def day(name: str, *stops: StopRow) -> CrewDay:
    return CrewDay(name, ("a", "b"), "08:30", "17:00", "", 10.0, 5.0, (0.0, 60.0), stops, ())


class TestDrawing:
    def test_leads_from_the_base_past_every_stop_and_back(self) -> None:
        # On 60 degrees of latitude a degree of longitude is half as long: 2 degrees east are as far as 1 degree north.
        drawn = draw_routes([day("K1", stop(7, 2.0, 60.0), stop(8, 2.0, 60.2))], areas=())

        line = drawn.lines[0]
        points = [tuple(map(float, point.split(","))) for point in line.points.split(" ")]
        assert [pin.number for pin in line.pins] == [7, 8]
        assert points[0] == points[-1] == line.base
        # 0.2 degrees north are a fifth of the kilometres that 2 degrees east are there.
        east, north = points[1][0] - points[0][0], points[1][1] - points[2][1]
        assert abs(north / east - 0.2) < 0.002

    def test_stays_within_the_frame_with_north_above(self) -> None:
        drawn = draw_routes([day("K1", stop(1, 0.1, 60.4))], areas=[(0.0, 59.9)])

        pin, area = drawn.lines[0].pins[0], drawn.areas[0]
        assert pin.y < area[1]
        for x, y in (area, (pin.x, pin.y)):
            assert MARGIN - 0.1 <= x <= WIDTH - MARGIN + 0.1
            assert MARGIN - 0.1 <= y <= drawn.height - MARGIN + 0.1

    def test_gives_the_seventh_crew_the_first_colour_again(self) -> None:
        drawn = draw_routes([day(f"K{number}") for number in range(HUES + 1)], areas=())

        assert [line.hue for line in drawn.lines] == [0, 1, 2, 3, 4, 5, 0]

    def test_of_nothing_is_empty(self) -> None:
        assert draw_routes([], areas=()).lines == ()
