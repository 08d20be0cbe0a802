"""Prices as facts: tariffs, time-of-use schemes and rules of the bill, versioned with source and grade.

A *tariff* (电价) is one price list in one version. A *scheme* (分时方案) says which hour belongs to which *period*
(尖峰平谷). A *book* (电价簿) is everything on record: the packaged references and the company's own file over them.
"""
