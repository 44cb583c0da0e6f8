"""The solver against its peers on the published weights, in one run: a plain meet in the middle, CBC, CP-SAT, HiGHS."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from plain_meet import plain_closest

from slth.interop.read import read
from slth.rss.solve import solve
from slth.theory.gadgets.pair import matrix_of
from slth.theory.plan import Request
from slth.theory.theorem import theorems

SAMPLES = 21
PEER_BUDGET = 20.0  # seconds a peer may take in all
ILP = ("cbc", "cpsat", "highs")


def instances(target: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first weights of the target with fresh product samples each, as the ticket draws them; integers at 2^-48."""
    network = read(target).network
    plan = theorems.get("pensia2020")().plan(network, Request(samples=SAMPLES), SAMPLES)
    layer, node = plan.layers[0], network.affine[0]
    rows = -(-count // layer.columns)
    first = plan.source.rows(0, 0, SAMPLES)[:, : layer.columns].T  # |u| is what matters: signs are matched away
    second = plan.source.rows(1, 0, rows)[:, : SAMPLES * layer.columns].reshape(rows, layer.columns, SAMPLES)
    values = (second * np.abs(first)).reshape(-1, SAMPLES)[:count]
    targets = np.rint(matrix_of(node)[:rows] / layer.unit).astype(np.int64).reshape(-1)[:count]
    return np.ascontiguousarray(values), targets


def seconds_of(call) -> float:
    """Wall seconds of one call."""
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def peer_rows(target: Path) -> list[tuple[str, str, str, bool]]:
    """Rows of the main table: what, measured, must reach, holds."""
    values, targets = instances(target, 392_000)
    solve(values[:100], targets[:100])
    plain_closest(values[:100], targets[:100])
    ours = [seconds_of(lambda: solve(values, targets)) for _ in range(3)]
    plain = [seconds_of(lambda: plain_closest(values, targets)) for _ in range(3)]
    ratio = float(np.median(np.array(plain) / np.array(ours)))
    a_weight = min(ours) / len(values)
    rows = [
        (
            "closest n = 21: solver against a plain meet in the middle, same run",
            f"{ratio:.2f} x ({min(ours):.2f} s against {min(plain):.2f} s for {len(values):,} weights)",
            ">= 1.8 x",
            ratio >= 1.8,
        )
    ]
    for name in ILP:
        taken, done, worse = 0.0, 0, 0
        while taken < PEER_BUDGET and done < 200:
            one = slice(done, done + 1)
            begun = time.perf_counter()
            found = solve(values[one], targets[one], solver=name, budget=PEER_BUDGET)
            taken += time.perf_counter() - begun
            worse += int(found.errors[0] > solve(values[one], targets[one]).errors[0])
            done += 1
        times = taken / done / a_weight
        bar, holds = (">= 12,000 x", times >= 12_000) if name == "cbc" else ("beside it", True)
        measured = f"{times:,.0f} x ({taken / done:.2f} s a weight over {done} weights; not the optimum in {worse})"
        rows.append((f"closest n = 21: solver against {name}, a weight", measured, bar, holds))
    return [*rows, shared_row(target)]


def shared_row(target: Path) -> tuple[str, str, str, bool]:
    """As published: plain uniforms on the weights' range, one vector of samples shared by a whole row; no ticket."""
    network = read(target).network
    rng = np.random.default_rng(1)
    low = min(float(node.weight.min()) for node in network.affine)
    high = max(float(node.weight.max()) for node in network.affine)
    begun, kept, worst = time.perf_counter(), 0, 0.0
    for node in network.affine:
        drawn = np.rint(rng.uniform(low, high, (node.shape[0], SAMPLES)) * 2.0**48).astype(np.int64)
        values = np.repeat(drawn, node.shape[1], axis=0)
        targets = np.rint(node.weight.astype(np.float64).reshape(-1) * 2.0**48).astype(np.int64)
        found = solve(values, targets)
        kept += int(found.chosen.sum())
        worst = max(worst, float(found.errors.max()) * 2.0**-48)
    measured = f"{time.perf_counter() - begun:.1f} s, kept {kept:,}, largest error {worst:.2g}"
    return "as published (plain uniforms shared by a row), closest", measured, "published 77,266 s, 3,725,871", True
