"""The trained fusion: scores of the layers in, a calibrated probability and the kWh at stake out.

*Features* are the layers' scores in one fixed order. The *base model* ships with the package and was trained on
simulated companies; a *company model* goes on from it with thefts injected into the company's own areas and with
outcomes of inspections.
"""
