"""Training: the evidence of whole companies in, a model out; from simulated companies, or from a company's own."""

from lamplighter.journeys.model_training.company import TooFewOutcomes, Trained, train_company_model
from lamplighter.journeys.model_training.evidence import CompanyEvidence, Injection, find_company_evidence
from lamplighter.journeys.model_training.simulated import label_simulated

__all__ = [
    "CompanyEvidence",
    "Injection",
    "TooFewOutcomes",
    "Trained",
    "find_company_evidence",
    "label_simulated",
    "train_company_model",
]
