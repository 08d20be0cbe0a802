"""The list: every live account once, by its most suspect meter, in order of the expected value of a visit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.business.detection import fusion, value
from lamplighter.business.detection.depth import SHALLOWEST_FIRST
from lamplighter.business.detection.learning.features import read_features
from lamplighter.business.detection.learning.model import ASSUMED_RATE, TheftModel, customer_scale_kwh, read_base_model
from lamplighter.business.detection.records import DAYS_A_MONTH, Floats, Layer
from lamplighter.business.detection.settings import DetectionSettings, default_settings
from lamplighter.methods.learning.calibration import estimate_prior

Words = npt.NDArray[np.object_]


def rank(
    *,
    evidence: pa.Table,
    scores: pa.Table,
    meters: pa.Table,
    customers: pa.Table,
    area_periods: pa.Table,
    company: pa.Table | None,
    as_of: date,
    model: TheftModel | None = None,
    settings: DetectionSettings | None = None,
) -> pa.Table:
    """Return the list: every live account exactly once, by its most suspect meter, in order of the expected value of
    a visit.

    Args:
        evidence: ``out_evidence`` of all buckets as of the day.
        scores: ``out_evidence_score`` likewise.
        meters: ``core_meter``.
        customers: ``core_customer``; an account closed by the day is not live. An account of a live meter that the
            archive of customers does not have is in the list all the same.
        area_periods: ``out_area_period`` as of the day: what each area can have lost at most.
        company: ``core_company``, for its fallback prices; the package's without.
        as_of: last day of the window.
        model: the company's; the one that ships with the package when absent.
        settings: the package's newest when absent.

    Returns:
        ``out_suspicion`` without ``known_at``, in order of rank. Equal values are put in order of probability, then
        of account.
    """
    settings = settings or default_settings()
    model = model or read_base_model()
    candidates = _Candidates.collect(meters=meters, customers=customers, as_of=as_of)
    place = pa.array(candidates.meter_ids, pa.string())
    findings = _Findings.collect(evidence, place, settings)
    count = len(candidates.meter_ids)
    probability, kwh = _judge(model, scores, candidates, settings)
    chosen = most_suspect(accounts=candidates.accounts, meter_ids=candidates.meter_ids, probability=probability)
    area, upper = _area_limits(candidates.area_ids[chosen], area_periods)
    expected, yuan = value.value_visits(
        probability=probability[chosen],
        kwh=kwh[chosen],
        area=area,
        upper_kwh=upper,
        price=prices_of(candidates.classes[chosen], company=company, settings=settings),
        settings=settings,
    )
    accounts = candidates.accounts[chosen].astype(str)
    order = np.lexsort((accounts, -probability[chosen], -yuan))
    layers = _available_layers(scores, place)
    chosen, expected, yuan = chosen[order], expected[order], yuan[order]
    texts = findings.texts(count, settings)
    return pa.table(
        {
            "rank": pa.array(np.arange(1, len(chosen) + 1), pa.int32()),
            "account_id": pa.array(candidates.accounts[chosen], pa.string()),
            "meter_id": pa.array(candidates.meter_ids[chosen], pa.string()),
            "area_id": pa.array(candidates.area_ids[chosen], pa.string()),
            "as_of_on": pa.array([as_of] * len(chosen), pa.date32()),
            "theft_probability": pa.array(probability[chosen], pa.float64()),
            "expected_kwh": pa.array(expected, mask=~np.isfinite(expected)),
            "expected_yuan": pa.array(yuan, pa.float64()),
            "layers": pa.array(layers[chosen], pa.string()),
            "data_depth": pa.array(_depths(scores, candidates)[chosen], pa.string()),
            "reasons": pa.array(texts.reasons[chosen], pa.string()),
            "against": pa.array(texts.against[chosen], pa.string()),
            "checks": pa.array(texts.checks[chosen], pa.string()),
            "colour": pa.array(
                [str(c) for c in value.colours(probability=probability[chosen], settings=settings)], pa.string()
            ),
            "model_version": pa.array([f"{model.version} · {settings.version}"] * len(chosen), pa.string()),
        }
    )


def _judge(
    model: TheftModel, scores: pa.Table, candidates: _Candidates, settings: DetectionSettings
) -> tuple[Floats, Floats]:
    meters = candidates.meter_ids.tolist()
    daily, peers = read_features(scores, meter_ids=meters, names=("context_daily_kwh", "peers_kwh")).T
    return judge(
        model=model,
        features=read_features(scores, meter_ids=meters, names=model.names),
        scale_kwh=customer_scale_kwh(daily_kwh=daily, peers_kwh=peers),
        settings=settings,
    )


def judge(
    *, model: TheftModel, features: Floats, scale_kwh: Floats, settings: DetectionSettings
) -> tuple[Floats, Floats]:
    """Return the probability of theft of each meter of a company and its kWh a month if it is one, shape (N,) each.

    Args:
        model: the company's.
        features: of all its meters, shape (N, F), columns as the model's; a row without any gets the company's rate.
        scale_kwh: kWh a day stolen energy is measured by, shape (N,).
        settings: ``model.*``, ``fusion.prior_share``, ``value.most_times_use``.
    """
    rate = estimate_theft_rate(model, features, settings=settings)
    told = np.isfinite(features).any(axis=1)
    probability = np.where(told, model.probability(features, theft_rate=rate), rate)
    kwh = model.stolen_share(features) * scale_kwh * DAYS_A_MONTH
    return probability, np.minimum(kwh, settings.number("value.most_times_use") * scale_kwh * DAYS_A_MONTH)


def estimate_theft_rate(model: TheftModel, features: Floats, *, settings: DetectionSettings) -> float:
    """Return the share of accounts that steal, read off the company itself, within ``model.least_rate`` and
    ``model.most_rate``; the default where too few accounts have evidence, and that of its card where a model learned
    from injected thefts, which look alike but do not tell how many real ones there are.

    Args:
        model: what is learned from.
        features: shape (N, F), columns as the model's.
        settings: ``model.*``, ``fusion.prior_share``.
    """
    if ASSUMED_RATE in model.card:
        return float(model.card[ASSUMED_RATE])
    told = np.isfinite(features).any(axis=1)
    if told.sum() < settings.number("model.least_accounts"):
        return settings.number("fusion.prior_share")
    # Sums in another order differ in the last bit.
    share = np.sort(model.learned_share(features[told]))
    least, most = settings.number("model.least_rate"), settings.number("model.most_rate")
    return estimate_prior(share, learned=model.learned_rate, least=least, most=most)


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Every live customer meter that bills an account, and live accounts without one (meter ""), sorted by account
    and meter."""

    accounts: Words
    meter_ids: Words
    area_ids: Words
    classes: Words

    @classmethod
    def collect(cls, *, meters: pa.Table, customers: pa.Table, as_of: date) -> _Candidates:
        day = pa.scalar(as_of, pa.date32())
        on_day = pc.and_(
            pc.fill_null(pc.less_equal(meters["installed_on"], day), True),
            pc.fill_null(pc.greater(meters["removed_on"], day), True),
        )
        billing = pc.and_(pc.equal(meters["role"], "customer"), pc.is_valid(meters["account_id"]))
        live = meters.filter(pc.and_(on_day, billing)).select(["account_id", "meter_id", "area_id"])
        closed = pc.fill_null(pc.less_equal(customers["closed_on"], day), False)
        gone = set(customers.filter(closed)["account_id"].to_pylist())
        class_of = dict(zip(customers["account_id"].to_pylist(), customers["class"].to_pylist(), strict=True))
        rows = [
            row
            for row in zip(*(live[name].to_pylist() for name in live.column_names), strict=True)
            if row[0] not in gone
        ]
        metered = {row[0] for row in rows}
        rows += [(account, "", None) for account in class_of if account not in metered and account not in gone]
        rows.sort(key=lambda row: (row[0], row[1]))
        words = np.empty((4, len(rows)), dtype=object)
        for at, (account, meter, area) in enumerate(rows):
            words[:, at] = account, meter, area, class_of.get(account) or "other"
        return cls(accounts=words[0], meter_ids=words[1], area_ids=words[2], classes=words[3])


@dataclass(frozen=True, slots=True)
class _Texts:
    reasons: Words
    against: Words
    checks: Words


@dataclass(frozen=True, slots=True)
class _Findings:
    """The findings at candidates: index of the meter, code and contribution to the log-odds, shape (K,)."""

    meter: npt.NDArray[np.int64]
    code: Words
    added: Floats

    @classmethod
    def collect(cls, evidence: pa.Table, place: pa.Array, settings: DetectionSettings) -> _Findings:
        meter = pc.index_in(evidence["meter_id"], value_set=place)
        known = pc.is_valid(meter)
        at = meter.filter(known).to_numpy().astype(np.int64)
        code = np.array(evidence["code"].filter(known).to_pylist(), dtype=object)
        strength = evidence["strength"].filter(known).to_numpy().astype(np.float64)
        return cls(
            meter=at,
            code=code,
            added=fusion.contributions(meter=at, code=code, strength=strength, settings=settings),
        )

    def texts(self, count: int, settings: DetectionSettings) -> _Texts:
        """Return codes for, codes against and checks of each meter, the weightiest first, joined by ``;``."""
        shown = np.abs(self.added) >= settings.number("list.least_shown")
        order = np.lexsort((self.code.astype(str), -np.abs(self.added), self.meter))
        reasons: list[list[str]] = [[] for _ in range(count)]
        against: list[list[str]] = [[] for _ in range(count)]
        checks: list[dict[str, None]] = [{} for _ in range(count)]
        for k in order[shown[order]]:
            meter, code = self.meter[k], str(self.code[k])
            if self.added[k] > 0.0:
                reasons[meter].append(code)
                checks[meter].update(dict.fromkeys(settings.reason(code).checks))
            else:
                against[meter].append(code)
        for meter, codes in enumerate(against):
            # What would clear the customer is looked at too, once something speaks for a visit.
            if reasons[meter]:
                for code in codes:
                    checks[meter].update(dict.fromkeys(settings.reason(code).checks))
        return _Texts(
            *(np.array([";".join(words) for words in column], dtype=object) for column in (reasons, against, checks))
        )


def most_suspect(*, accounts: Words, meter_ids: Words, probability: Floats) -> npt.NDArray[np.int64]:
    """Return the row of one meter an account: the most probable, the first by meter id among equals.

    Args:
        accounts: of each meter, shape (N,).
        meter_ids: shape (N,).
        probability: shape (N,).

    Example:
        >>> of = np.array(["C1", "C1", "C2"], dtype=object)
        >>> most_suspect(accounts=of, meter_ids=of, probability=np.array([0.1, 0.4, 0.2])).tolist()
        [1, 2]
    """
    names = accounts.astype(str)
    order = np.lexsort((meter_ids.astype(str), -probability, names))
    is_first = np.ones(len(order), bool)
    is_first[1:] = names[order][1:] != names[order][:-1]
    return order[is_first]


def _area_limits(area_ids: Words, area_periods: pa.Table) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the row of each candidate's area and the upper end of each area's unexplained loss a month, kWh."""
    place = {area: row for row, area in enumerate(area_periods["area_id"].to_pylist())}
    days = area_periods["day_count"].to_numpy().astype(np.float64)
    high = area_periods["unexplained_high_kwh"].to_numpy(zero_copy_only=False).astype(np.float64)
    upper = np.where(days > 0.0, high / np.maximum(days, 1.0) * DAYS_A_MONTH, np.nan)
    return np.array([place.get(area, -1) for area in area_ids], np.int64), upper


def prices_of(classes: Words, *, company: pa.Table | None, settings: DetectionSettings) -> Floats:
    """Return the price of energy of each class, yuan/kWh, shape of ``classes``.

    Args:
        classes: class of each account, shape (N,).
        company: ``core_company``, whose own prices go first.
        settings: ``price.*``.

    Example:
        >>> prices_of(np.array(["residential", "unheard of"]), company=None, settings=default_settings()).tolist()
        [0.56, 0.65]
    """
    own: Mapping[str, float] = {}
    if company is not None and company.num_rows and company["price_yuan_per_kwh"][0].as_py():
        own = json.loads(company["price_yuan_per_kwh"][0].as_py())

    def price(name: str) -> float:
        if name in own:
            return float(own[name])
        known = f"price.{name}"
        return settings.number(known if known in settings.costs else "price.other")

    found = {name: price(name) for name in sorted(set(classes.tolist()))}
    return np.array([found[name] for name in classes], np.float64)


def _depths(scores: pa.Table, candidates: _Candidates) -> Words:
    """Return how deep the data of each candidate go; of those no layer looked at, the archive is all there is."""
    depth = read_features(scores, meter_ids=candidates.meter_ids.tolist(), names=["context_depth"])[:, 0]
    return np.array([SHALLOWEST_FIRST[int(at)].value for at in np.nan_to_num(depth, nan=0.0)], dtype=object)


def _available_layers(scores: pa.Table, place: pa.Array) -> Words:
    meters = place.to_pylist()
    available = read_features(scores, meter_ids=meters, names=[f"{layer.value}_available" for layer in Layer]) == 1.0
    return np.array(
        [";".join(layer.value for layer, at in zip(Layer, row, strict=True) if at) for row in available], dtype=object
    )
