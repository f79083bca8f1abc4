"""What the steps of a network after the forward pass are: a class each, whose docstring is its rule."""

from __future__ import annotations

from derive.step import Step


class OutputGradient(Step):
    """dL/da_k = l'(a_k, t_k)."""

    __slots__ = ()


class ActivationDerivative(Step):
    """da_j/dz_j = f'(z_j)."""

    __slots__ = ()


class SoftmaxDerivative(Step):
    """da_i/dz_j = a_i (1 - a_i) for i = j, and -a_i a_j otherwise."""

    __slots__ = ()


class Delta(Step):
    """delta_j = dL/dz_j = dL/da_j da_j/dz_j, summed over the outputs that z_j reaches in a softmax."""

    __slots__ = ()


class SimplifiedDelta(Step):
    """delta_k = a_k - t_k, where output activation and loss fit together."""

    __slots__ = ()


class PathShare(Step):
    """dL/da_i through z_k alone: delta_k w_ki."""

    __slots__ = ()


class Backpropagate(Step):
    """dL/da_i = sum_k delta_k w_ki, over the units k that a_i feeds."""

    __slots__ = ()


class WeightGradient(Step):
    """dL/dw_ji = delta_j a_i."""

    __slots__ = ()


class BiasGradient(Step):
    """dL/db_j = delta_j; for a shared bias the sum over its units."""

    __slots__ = ()


class BatchGradient(Step):
    """dL/dw = sum or mean over the examples of dL_s/dw, plus the derivative of the penalty."""

    __slots__ = ()


class LearningRate(Step):
    """eta_t = eta_0 / (1 + d t), or eta_0 e^(-d t)."""

    __slots__ = ()


class WeightStep(Step):
    """eta dL/dw, what gradient descent takes off a weight."""

    __slots__ = ()


class Velocity(Step):
    """v+ = mu v - eta dL/dw."""

    __slots__ = ()


class Update(Step):
    """w+ = w - eta dL/dw, or w+ = w + v+ with momentum."""

    __slots__ = ()


class Fixed(Step):
    """b+ = b, for a bias that is not trained."""

    __slots__ = ()
    keeps = True
