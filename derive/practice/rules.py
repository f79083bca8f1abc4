"""Which rule a step is worked by, in a sentence: the first hint. One row for each kind of step."""

from __future__ import annotations

from derive.derivation import steps
from derive.graph import (
    Activate,
    Exponential,
    ExponentialSum,
    LossPart,
    LossSum,
    Penalty,
    SoftmaxShare,
    Standardize,
    WeightedSum,
)
from derive.step import Step
from derive.trace import elementary

RULES: dict[type[Step], str] = {
    Standardize: "rule_standardize",
    WeightedSum: "rule_sum",
    Activate: "rule_activation",
    Exponential: "rule_exponential",
    ExponentialSum: "rule_exponentials",
    SoftmaxShare: "rule_share",
    LossPart: "rule_loss_part",
    LossSum: "rule_loss",
    Penalty: "rule_penalty",
    steps.OutputGradient: "rule_output",
    steps.ActivationDerivative: "rule_slope",
    steps.SoftmaxDerivative: "rule_softmax",
    steps.Delta: "rule_delta",
    steps.SimplifiedDelta: "rule_simplified",
    steps.PathShare: "rule_path",
    steps.Backpropagate: "rule_back",
    steps.WeightGradient: "rule_weight",
    steps.BiasGradient: "rule_bias",
    steps.BatchGradient: "rule_batch",
    steps.LearningRate: "rule_rate",
    steps.WeightStep: "rule_step",
    steps.Velocity: "rule_velocity",
    steps.Update: "rule_update",
    steps.Fixed: "rule_fixed",
    elementary.ElementValue: "rule_value",
    elementary.ElementLoss: "rule_value",
    elementary.LocalDerivative: "rule_local",
    elementary.Share: "rule_path",
    elementary.ElementGradient: "rule_gradient",
    elementary.StateUpdate: "rule_state",
    elementary.ParameterUpdate: "rule_update",
}


def rule_of(step: Step) -> str:
    """The key of the sentence for a step. Raises KeyError for a kind of step that has none."""
    return f"practice_{RULES[type(step)]}"
