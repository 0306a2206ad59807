"""Fit and predict a book of simulated customers: this project, PyMC-Marketing's MAP fit and `lifetimes`, side by side.

`python -m bench.clv` runs each engine in a process of its own on the same whole-day tuples and prints a table. Imports,
and whatever an engine compiles or loads on its first thousand customers, are left out. The libraries live in an
environment that `make bench` sets up (PyMC-Marketing needs Python 3.12); what is not installed is left out of the
table, and said.

Measured per size, medians of up to five runs: the fit of BG/NBD (flat priors, or PyMC-Marketing would not reach the
maximum), and the discounted margin of the next twelve months of every customer, month by month at one margin an order
for all engines.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

# BLAS would fight the threads that share the rows.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

Days = NDArray[Any]
SIZES = tuple(int(size) for size in os.environ.get("BENCH_CLV_SIZES", "100000,1000000,10000000").split(","))
# Predictions of the libraries take minutes at ten million: they are measured up to here, and on a share beyond.
PREDICTED_UP_TO = int(os.environ.get("BENCH_CLV_PREDICTED", "1000000"))
# Each engine is run so often, as long as this many seconds have not gone by.
MOST_RUNS, SECONDS = 5, 20.0
LIBRARIES = Path(os.environ.get("BENCH_PYTHON", Path(__file__).resolve().parent.parent / ".venv-bench/bin/python"))
TRUE = {"r": 0.5, "alpha": 60.0, "a": 0.8, "b": 2.5}
MONTHS, DAYS_A_MONTH, DISCOUNT = 12, 30.4375, 0.01
MARGIN = 40.0


def simulate(customers: int, folder: Path) -> None:
    """Customers of BG/NBD, watched for a month to two years; x, t_x and T in whole days, one file each."""
    random = np.random.default_rng(42)
    age = random.integers(30, 730, customers)
    rate = random.gamma(TRUE["r"], 1 / TRUE["alpha"], customers)
    chance = np.maximum(random.beta(TRUE["a"], TRUE["b"], customers), 1e-9)
    bought = random.poisson(rate * age)
    leaves_after = random.geometric(chance)
    x = np.minimum(bought, leaves_after)
    # The x-th of `bought` uniform times has a beta distribution.
    last = np.where(x > 0, random.beta(np.maximum(x, 1), np.maximum(bought - x + 1, 1)), 0.0)
    recency = np.minimum(np.ceil(last * age), age).astype(np.int32)
    for name, column in (("x", x), ("t", recency), ("age", age)):
        np.save(folder / f"{name}.npy", column.astype(np.int32))


def ours(x: Days, t: Days, age: Days) -> dict[str, float]:
    """This project."""
    from dagster_project.value import outlook, purchases

    started = time.perf_counter()
    book = purchases.purchases(x, t, age)
    found = purchases.fit("bg_nbd", book)
    fitted = time.perf_counter()
    # Expected purchases of those still there depend on (x, T) alone.
    width = int(age.max()) + 1
    key = x.astype(np.int64) * width + age
    seen = np.flatnonzero(np.bincount(key))
    place = np.zeros(int(key.max()) + 1, dtype=np.int32)
    place[seen] = np.arange(len(seen), dtype=np.int32)
    horizons = np.arange(1, MONTHS + 1) * DAYS_A_MONTH
    reached = outlook.purchases_ahead("bg_nbd", found.parameters, seen // width, seen % width, horizons).mean
    worth = np.diff(reached, axis=1, prepend=0.0) @ ((1 + DISCOUNT) ** -np.arange(1.0, MONTHS + 1)) * MARGIN
    value = worth[place[key]]
    del key
    value *= outlook.p_alive("bg_nbd", found.parameters, x, t, age)
    done = time.perf_counter()
    return {
        "fit": fitted - started,
        "predict": done - fitted,
        "log_likelihood": found.log_likelihood,
        "value": float(value.sum()),
        "predicted": len(x),
        **dict(zip(purchases.PARAMETERS, map(float, found.parameters), strict=True)),
    }


def lifetimes(x: Days, t: Days, age: Days) -> dict[str, float]:
    """The library `lifetimes`: BetaGeoFitter and its monthly loop."""
    import warnings

    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter

    x, t, age = (column.astype(float) for column in (x, t, age))
    started = time.perf_counter()
    fitter = BetaGeoFitter()
    fitter.fit(x, t, age)
    fitted = time.perf_counter()
    few = slice(0, PREDICTED_UP_TO)
    value, before = 0.0, 0.0
    for month in range(1, MONTHS + 1):
        until = fitter.conditional_expected_number_of_purchases_up_to_time(
            month * DAYS_A_MONTH, x[few], t[few], age[few]
        )
        value = value + (until - before) * MARGIN / (1 + DISCOUNT) ** month
        before = until
    done = time.perf_counter()
    parameters = {name: float(fitter.params_[name]) for name in TRUE}
    return {
        "fit": fitted - started,
        "predict": done - fitted,
        "value": float(np.sum(value)),
        "predicted": min(len(x), PREDICTED_UP_TO),
        **parameters,
    }


def pymc_marketing(x: Days, t: Days, age: Days) -> dict[str, float]:
    """PyMC-Marketing: BetaGeoModel, MAP with flat priors, and its expected purchases month by month."""
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    import pandas as pd

    x, t, age = (column.astype(float) for column in (x, t, age))
    data = pd.DataFrame({"customer_id": np.arange(len(x)), "frequency": x, "recency": t, "T": age})
    started = time.perf_counter()
    model = _map_fit(data)
    fitted = time.perf_counter()
    few = data.iloc[:PREDICTED_UP_TO]
    value, before = 0.0, 0.0
    for month in range(1, MONTHS + 1):
        until = model.expected_purchases(data=few, future_t=month * DAYS_A_MONTH).to_numpy().ravel()
        value = value + (until - before) * MARGIN / (1 + DISCOUNT) ** month
        before = until
    done = time.perf_counter()
    posterior = model.idata.posterior
    return {
        "fit": fitted - started,
        "predict": done - fitted,
        "value": float(np.sum(value)),
        "predicted": len(few),
        **{name: float(posterior[name].to_numpy().ravel()[0]) for name in TRUE},
    }


def _map_fit(data: Any) -> Any:
    """BetaGeoModel with flat priors, whichever way this version wants its data."""
    import inspect

    from pymc_extras.prior import Prior
    from pymc_marketing.clv import BetaGeoModel

    flat = {name: Prior("HalfFlat") for name in TRUE}
    if "data" in inspect.signature(BetaGeoModel.__init__).parameters:
        model = BetaGeoModel(data=data, model_config=flat)
        model.build_model()
        model.fit(method="map", progressbar=False)
    else:
        model = BetaGeoModel(model_config=flat)
        model.fit(data=data, method="map", progressbar=False)
    return model


def peak_gb() -> float:
    """The most memory this process has held; `getrusage` would count what its parent held when it was started."""
    status = Path("/proc/self/status")
    if status.exists():
        held = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(held.split()[1]) / 1024**2
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**3


def measured(engine: str, folder: Path) -> dict[str, float]:
    """One engine, once on a thousand customers and then on all, again and again while time is left: medians, so that
    one moment of a busy machine decides nothing."""
    columns = [np.load(folder / f"{name}.npy") for name in ("x", "t", "age")]
    ENGINES[engine](*(column[:1000] for column in columns))
    started, runs = time.perf_counter(), []
    while not runs or (len(runs) < MOST_RUNS and time.perf_counter() - started < SECONDS):
        runs.append(ENGINES[engine](*columns))
    return {**{name: float(np.median([run[name] for run in runs])) for name in runs[0]}, "peak_gb": peak_gb()}


ENGINES = {"bookworth": ours, "pymc-marketing": pymc_marketing, "lifetimes": lifetimes}


def run(engine: str, folder: Path) -> dict[str, float] | None:
    """One engine in its own process; None where it is not installed or fails."""
    python = sys.executable if engine == "bookworth" else os.fspath(LIBRARIES)
    if not Path(python).exists():
        return None
    done = subprocess.run(
        [python, "-m", "bench.clv", engine, os.fspath(folder)],
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        print(f"  {engine} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(lines[-1])


def main() -> None:
    """Print the table of every size and engine."""
    from dagster_project.value import purchases

    print("| customers | engine | fit s | log-likelihood, relative to ours | CLV s | CLV s, all | peak GB |")
    print("|---|---|---|---|---|---|---|")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            simulate(size, folder)
            book = purchases.purchases(*(np.load(folder / f"{part}.npy") for part in ("x", "t", "age")))
            mine: dict[str, float] = {}
            for engine in ENGINES:
                found = run(engine, folder)
                if found is None:
                    print(f"| {size:,} | {engine} | not measured | | | | |")
                    continue
                mine = mine or found
                at = np.array([found[parameter] for parameter in purchases.PARAMETERS])
                reached = purchases.evaluate("bg_nbd", book, at)[0]
                gap = (reached - mine["log_likelihood"]) / abs(mine["log_likelihood"])
                scaled = found["predict"] * size / found["predicted"]
                print(
                    f"| {size:,} | {engine} | {found['fit']:.3f} ({found['fit'] / mine['fit']:.0f}x) | {gap:+.1e}"
                    f" | {found['predict']:.2f} for {found['predicted']:,.0f} | {scaled:.2f}"
                    f" ({scaled / mine['predict']:.0f}x) | {found['peak_gb']:.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]))))
    else:
        main()
