"""Problems given by equations: their files, and their solutions."""

from derive.model.guard import solve_model, verify
from derive.model.reading import model_from_dict, model_of, parse_model, read_model
from derive.model.schema import ModelProblem
from derive.model.solution import ModelSolution

__all__ = [
    "ModelProblem",
    "ModelSolution",
    "model_from_dict",
    "model_of",
    "parse_model",
    "read_model",
    "solve_model",
    "verify",
]
