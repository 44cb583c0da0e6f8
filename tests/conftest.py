"""Profiles, the shared data, and figures that tests print at the end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "quick", max_examples=40, deadline=None, derandomize=True, suppress_health_check=SLOW_IS_FINE, print_blob=True
)
settings.register_profile("deep", max_examples=2000, deadline=None, suppress_health_check=SLOW_IS_FINE, print_blob=True)
settings.load_profile(os.environ.get("SLTH_PROFILE", "quick"))

SHARED = Path(os.environ.get("SLTH_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real trained targets and images; tests that need it are skipped without it."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the shared data folder is not here; set SLTH_SHARED to use it")
    return SHARED / "data"


@pytest.fixture
def figure(request: pytest.FixtureRequest):
    """`figure("forgeries", "0 of 10,000 proved")`: printed in the summary of the run."""

    def say(name: str, value: str) -> None:
        request.node.user_properties.append(("figure", f"{name}: {value}"))

    return say


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = sorted(
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for key, value in report.user_properties
        if key == "figure"
    )
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.line(line)
