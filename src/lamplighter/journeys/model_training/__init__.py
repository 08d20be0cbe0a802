"""Training: the evidence of whole companies in, a model out; from simulated companies, or from a company's own."""

from lamplighter.journeys.model_training.asking import Candidate, Source, train_candidate
from lamplighter.journeys.model_training.company import TooFewOutcomes, Trained, train_company_model
from lamplighter.journeys.model_training.evidence import CompanyEvidence, Injection, find_company_evidence
from lamplighter.journeys.model_training.injections import (
    LearnedCompany,
    TooFewCurves,
    learn_company,
    model_of_injections,
)
from lamplighter.journeys.model_training.simulated import label_simulated

__all__ = [
    "Candidate",
    "CompanyEvidence",
    "Injection",
    "LearnedCompany",
    "Source",
    "TooFewCurves",
    "TooFewOutcomes",
    "Trained",
    "find_company_evidence",
    "label_simulated",
    "learn_company",
    "model_of_injections",
    "train_candidate",
    "train_company_model",
]
