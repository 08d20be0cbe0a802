"""``lamplighter inspection``: what follows a suspicion."""

from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.visit_plan import add_plan_commands

app = App("inspection")
add_plan_commands(app)
