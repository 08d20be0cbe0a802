"""Lamplighter (掌灯): from a supply company's meter readings to a ranked, explained inspection list.

Six floors, an import points down only: doors, journeys, simulation, business, methods, base.
"""
