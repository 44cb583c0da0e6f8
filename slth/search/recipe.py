"""The recipe: one choice for each question that a supermask method answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from slth.search.parts.events import Prune, Redraw
from slth.search.parts.gradients import Gradient, Straight
from slth.search.parts.penalties import Penalty
from slth.search.parts.rules import Layerwise, Rule
from slth.search.parts.schedules import Constant, Schedule
from slth.search.parts.scores import Absolute, Score
from slth.search.parts.starts import Fan, Start
from slth.search.parts.units import Unit, Weight
from slth.search.parts.values import Random, Value


@dataclass(frozen=True)
class Recipe:
    """Orthogonal parts; the defaults are edge-popup (Ramanujan et al., 2020).

    Parameters
    ----------
    start : Start
        Initial scores.
    score : Score
        From a score to what is ranked.
    unit : Unit
        What one score decides on.
    last : Unit or None
        The same for the last layer, where it is another.
    rule : Rule
        From what is ranked to a mask.
    value : Value
        What a kept weight is worth.
    gradient : Gradient
        How the loss reaches the mask.
    schedule : Schedule
        The density of every epoch.
    redraw, prune, penalty : Redraw, Prune, Penalty or None
    whole_last : bool
        Whether the last layer keeps all its weights: its outputs are the classes.
    """

    start: Start = field(default_factory=Fan)
    score: Score = field(default_factory=Absolute)
    unit: Unit = field(default_factory=Weight)
    last: Unit | None = None
    rule: Rule = field(default_factory=Layerwise)
    value: Value = field(default_factory=Random)
    gradient: Gradient = field(default_factory=Straight)
    schedule: Schedule = field(default_factory=Constant)
    redraw: Redraw | None = None
    prune: Prune | None = None
    penalty: Penalty | None = None
    whole_last: bool = False
