"""The standing phrases of a sheet: one table of keys and English texts, each of which a problem may word otherwise.

Decides what can be worded, and that a wording keeps its places: what stands in braces is put in, as it is in the text
of the table. Knows no sheet. To add a phrase, add a row here and ask for it by its key. One module because it is one
table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from derive.errors import InputError, did_you_mean, first_unprintable, shown
from derive.library.units import DENSE, JOINT, UNITS

LONGEST = 1000
"""Characters of a phrase."""
_PLACE = re.compile(r"\{(\w+)\}")

PHRASES: dict[str, str] = {
    # the head
    "worksheet": "Worksheet: {title}",
    "answer_key": "Answer key: {title}",
    "name": "Name",
    "identifier": "Identifier",
    "date": "Date",
    "form": "Form",
    "due": "Due: {date}",
    "instructor": "Instructor: {name}",
    "time": "Time: {minutes} minutes",
    "time_about": "Time: about {minutes} minutes",
    "instructions": "Instructions.",
    "grade_question": "Question",
    "grade_points": "Points",
    "grade_score": "Score",
    "grade_total": "Total",
    "page": "page {page} of {pages}",
    "logo": "Logo",
    "problem": "Problem {number}: {title}",
    # questions and boxes
    "question": "Question {number}. {title}",
    "point": "{count} point",
    "points": "{count} points",
    "points_total": "points: {count}",
    "answer": "Answer",
    "box": "box {label} for {name}",
    "scrolls": "Formula, may scroll sideways",
    # the key
    "carried": "carried",
    "unrounded": "unrounded",
    "to": "{low} to {high}",
    "correct_work": "correct work gives {low} to {high}",
    "legend": "Beside the boxes:",
    "legend_carried": "{way}, if every result is rounded before it is used; {range}, what correct work can reach. Full"
    " points for all.",
    "legend_unrounded": "{way}, if nothing is rounded on the way; {range}, what correct work can reach. Full points for"
    " all.",
    "legend_range": "{range}, what correct work can reach. Full points for all of it.",
    "for_instructor": "For the instructor.",
    # places
    "input_layer": "input layer",
    "output_layer": "output layer",
    "hidden_layer": "hidden layer",
    "hidden_layer_numbered": "hidden layer {number}",
    "the_layer": "the {layer}",
    "the_input": "the input",
    "input_alone": "input",
    "input_numbered": "input {number}",
    "the_output": "the output",
    "output_alone": "output",
    "output_numbered": "output {number}",
    "the_hidden_unit": "the hidden unit",
    "hidden_unit_alone": "hidden unit",
    "hidden_unit_numbered": "hidden unit {number}",
    "the_unit_of_layer": "the unit of {layer}",
    "unit_of_layer_alone": "unit of {layer}",
    "unit_of_layer": "unit {number} of {layer}",
    # what is given
    "network": "The network has {inputs}{hidden} and {outputs}. Every unit adds up what comes in, each input times the"
    " weight of its connection{bias}, and applies an activation function to the sum.",
    "network_bias": ", and a bias",
    "network_units_in": ", {units} in {layer}",
    "network_hidden": ", {units}",
    "layer": "{layer}: the activation is {activation}{biases}.",
    "layers_both": "Both layers",
    "layers_all": "All layers",
    "layer_no_biases": "; no biases",
    "layer_own_biases": "; each unit has its own bias",
    "layer_one_bias": "; one bias, shared by all its units",
    "layer_fixed_biases": ", which training leaves as it is",
    "layer_drawn": ". The weights were drawn by {rule} (seed {seed}) and rounded; the rounded numbers are used",
    "drawn_he": "He's rule",
    "drawn_xavier": "Glorot's rule",
    "drawn_uniform": "a uniform distribution",
    "loss": "The loss is {loss}, {formula}. {note}",
    "momentum": "Training is gradient descent with momentum: a velocity, 0 at the start, keeps the fraction {mu} of"
    " itself at every step.",
    "descent": "Training is gradient descent.",
    "decay": "The learning rate decays {how}.",
    "decay_inverse_time": "as one over time",
    "decay_exponential": "exponentially",
    "batch_all": "Every update uses the {kind} over all the examples{own}.",
    "batch_mean": "mean",
    "batch_sum": "sum",
    "batch_own": "; the gradients of one example are those of its own loss",
    "batch_one": "Every update uses one example, the next in turn.",
    "penalised": "A penalty on the weights is added to the loss; biases are not penalised.",
    "figure": "Figure",
    "figure_shows": "shows the network.",
    "figure_network": "The network as given: the inputs, the weights on their connections{biases} and the targets.",
    "figure_biases": ", the biases",
    "standardised": "Mean and standard deviation of each input, for the preparation:",
    "weights_into": "Weights{biases} into {layer}{source}:",
    "weights_and_biases": " and biases",
    "weights_from": ", from each unit of {layer}",
    "table_to": "To",
    "table_from": "from {name}",
    "table_unit": "unit {number}",
    "table_bias": "bias",
    "table_example": "Example",
    "setting_lr": "the learning rate is {value}",
    "setting_lr0": "the learning rate begins at {value}",
    "setting_decay": "decays with the rate {value}",
    "setting_momentum": "the momentum coefficient is {value}",
    "setting_l1": "the strength of the L1 penalty is {value}",
    "setting_l2": "the strength of the L2 penalty is {value}",
    "and": " and ",
    "rounding": "Rounding.",
    "rounding_carried": "Round every result to {places} and go on with the rounded number. Halves are rounded {ties}.",
    "rounding_free": "Give every answer to {places}. Go on with the rounded answer or with more digits; both are right."
    " Halves are rounded {ties}.",
    "ties_away": "away from zero",
    "ties_even": "to the even digit",
    "exceptions": " Exceptions: ",
    "exception_rounded": " is not rounded",
    "exceptions_rounded": " are not rounded",
    "exception_to": " to {places}",
    "worked_out": "These numbers are already worked out:",
    # what is left out to keep a sheet short
    "left_out_one": "Only {what} is asked{which}; other numbers are given where they are needed.",
    "left_out": "Only {what} are asked{which}; other numbers are given where they are needed.",
    "left_out_for": ", for {examples}",
    "first_example": "the first example",
    "both_examples": "both examples",
    "all_examples": "all examples",
    "first_unit": "the first unit of each layer",
    "first_units": "the first {count} units of each layer",
    "first_weight": "{units} and the first weight into each",
    "first_weights": "{units} and the first {count} weights into each",
    # numbers of things
    "input": "one input",
    "inputs": "{count} inputs",
    "output": "one output",
    "outputs": "{count} outputs",
    "unit": "one unit",
    "units": "{count} units",
    "hidden_unit": "one hidden unit",
    "hidden_units": "{count} hidden units",
    "decimal": "one decimal",
    "decimals": "{count} decimals",
    # titles of questions
    "title_prepare": "Preparing the inputs",
    "title_forward": "Forward pass: {layer}",
    "title_loss": "Loss",
    "title_total_loss": "Loss of all examples",
    "title_backward": "Backward pass: {unit}",
    "title_deltas": "Deltas: {layer}",
    "title_derivatives": "Derivatives: {layer}",
    "title_gradients": "Gradients: {layer}",
    "title_batch": "Gradients of all examples together",
    "title_rate": "Learning rate",
    "title_weights": "New weights: {layer}",
    "title_again": "Has it helped?",
    "title_example": "{title}, example {number}",
    "elements_forward": "Forward",
    "elements_loss": "Loss",
    "elements_gradients": "Backward",
    "elements_weights": "Update",
    "elements_new_loss": "Has it helped?",
    "sketch": "The circuit",
    "sketch_values": "Fill in the boxes: the value of every quantity above its line, from the left to the right.",
    "sketch_both": "Fill in the boxes: the value of every quantity above its line, from the left to the right; then the"
    " derivative of the last one by it below its line, from the right to the left.",
    "sketch_gradients": "Fill in the boxes: below the line of every quantity the derivative of the last one by it, from"
    " the right to the left.",
    "sketched": "In the boxes of the picture.",
    "sketched_box": "Box",
    "sketched_answer": "Answer",
    "sketched_range": "Correct work gives",
    "first_element": "the first element of each array",
    "first_elements": "the first {count} elements of each array",
    # sentences before questions
    "intro_elements": "Go from the last quantity back to the first: what comes from above, times the local derivative;"
    " several paths are added.",
    "intro_linear": "These units are linear: a unit's value is its weighted sum.",
    "intro_forward": "First the weighted sum of each unit, then {activation}.",
    "intro_forward_formula": "First the weighted sum of each unit, then {activation}, {formula}.",
    "intro_factors": "The factors of the chain rule first; their product gives the derivatives.",
    "intro_weights": "All weights move at once: use the gradients that belong to the old weights.",
    "intro_updates": "All numbers move at once, each from its old value.",
    "starts": "Before the first update:",
    "intro_again": "Run the network forward once more with the new weights. What is its output now, and its loss?",
    # numbers to choose from
    "choose_letter": "Where numbers stand beside letters, one of them is right: write its letter into the box.",
    # the network itself
    "facts": "The network",
    "facts_by_unit": "The weights into a layer stand in a matrix with a row for each unit and a column for each unit "
    "of the layer below.",
    "facts_by_source": "The weights into a layer stand in a matrix with a row for each unit of the layer below and a "
    "column for each unit.",
    "facts_columns": "Vectors are columns. A shape is rows times columns, such as 4 × 1.",
    "facts_rows": "Vectors are rows. A shape is rows times columns, such as 1 × 4.",
    "fact_shape": "Shape of {formula}:",
    "facts_arrays": "Vectors are columns. A shape is rows times columns, such as 4 × 1; of more indices there are more "
    "factors, such as 2 × 3 × 3.",
    "facts_of_arrays": "Arrays",
    "fact_layer": "How many parameters has layer {number} ({layer})?",
    "fact_numbers": "How many numbers does training change?",
    "fact_weights": "How many weights has the network?",
    "fact_parameters": "How many weights and biases does training change?",
    # what is asked in words
    "ask_input": "input {number}, standardised",
    "ask_value": "value of {unit}",
    "ask_sum": "weighted sum of {unit}",
    "ask_exponential": "exponential of {unit}",
    "ask_exponentials": "sum of the exponentials",
    "ask_output": "output of {unit}",
    "ask_activation": "activation of {unit}",
    "ask_loss_of": "loss of {unit}",
    "ask_loss": "loss",
    "ask_penalty": "penalty on the weights",
    "ask_data_loss": "loss without the penalty",
    "ask_derivative": "derivative of {unit}",
    "ask_slope": "derivative of the activation of {unit}",
    "ask_loss_by_activation": "derivative of the loss with respect to the activation of {unit}",
    "ask_loss_by_sum": "derivative of the loss with respect to the weighted sum of {unit}",
    "ask_delta": "delta of {unit}",
    "ask_gradient": "gradient of {name}",
    "ask_velocity": "velocity of {name}",
    "ask_new": "new value of {name}",
    "ask_rate": "learning rate of this step",
    "ask_new_loss": "new loss",
    "ask_values": "values of the {layer}",
    "ask_sums": "weighted sums of the {layer}",
    "ask_activations": "activations of the {layer}",
    "ask_losses_by_sums": "derivatives of the loss with respect to the weighted sums of the {layer}",
    "ask_losses_by_activations": "derivatives of the loss with respect to the activations of the {layer}",
    "ask_slopes": "derivatives of the activations of the {layer}",
    "ask_gradients": "gradients of the weights into the {layer}",
    "ask_bias_gradients": "gradients of the biases of the {layer}",
    "ask_new_weights": "new weights into the {layer}",
    "ask_new_biases": "new biases of the {layer}",
    # sheets with mistakes to find
    "find_only": "The mistake",
    "find_1": "The first mistake",
    "find_2": "The second mistake",
    "find_3": "The third mistake",
    "find_4": "The fourth mistake",
    "find_5": "The fifth mistake",
    "find_what": "What to do.",
    "find_one": "Somebody has worked this network by hand and made one mistake. Each line is worked from the numbers in"
    " the lines above it, also where these are wrong, so that whatever comes after a mistake is wrong too. The lines"
    " are numbered on the right. Find the line in which the step itself is wrong. Write its number, the value that it"
    " should have with the numbers above it, and the letter of the reason.",
    "find_several": "Somebody has worked this network by hand and made {count} mistakes. Each line is worked from the"
    " numbers in the lines above it, also where these are wrong, so that whatever comes after a mistake is wrong too."
    " The lines are numbered on the right. Find the lines in which the step itself is wrong, in their order. For each,"
    " write its number, the value that it should have with the numbers above it, and the letter of the reason.",
    "find_reason": "The reason",
    "find_reasons": "The reasons.",
    "find_line": "number of the line",
    "find_value": "right value",
    "find_letter": "letter of the reason",
}
"""Every phrase by its key; capitals at the beginning of a line are put where they stand."""


def phrases() -> dict[str, str]:
    """The whole table, with what activations and losses are called.

    >>> phrases()["activation_tanh"], phrases()["page"]
    ('the hyperbolic tangent', 'page {page} of {pages}')
    """
    rows = {f"activation_{name}": row.unit["words"] for table in (UNITS, JOINT) for name, row in table.items()}
    rows |= {f"loss_{name}": row.dense["words"] for name, row in DENSE.items()}
    rows |= {f"loss_{name}_note": row.dense["note"] for name, row in DENSE.items() if row.dense.get("note")}
    return PHRASES | rows


def places(text: str) -> set[str]:
    """The names in braces of a phrase.

    >>> sorted(places("page {page} of {pages}"))
    ['page', 'pages']
    """
    return set(_PLACE.findall(text))


def filled(text: str, parts: Mapping[str, str]) -> str:
    """A phrase with its places put in; what is put in is not looked at again.

    >>> filled("{b}, {a}", {"a": "{b}", "b": "2"})
    '2, {b}'
    """
    return _PLACE.sub(lambda match: parts[match[1]], text)


def pieces(text: str) -> list[str]:
    """A phrase cut at its places: words, name, words, name, ..., words."""
    return _PLACE.split(text)


@dataclass(frozen=True, slots=True)
class Wording:
    """The phrases of a sheet; `own` are those that somebody has worded, by key.

    >>> Wording({"form": "Bogen"})("form"), Wording()("page", page="1", pages="2")
    ('Bogen', 'page 1 of 2')
    """

    own: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, key: str, **parts: str) -> str:
        """A phrase with its places put in."""
        return filled(self[key], parts)

    def __getitem__(self, key: str) -> str:
        """A phrase with its places in braces."""
        found = self.own.get(key)
        return PHRASES[key] if found is None else found

    def of(self, key: str, usual: str) -> str:
        """What a row of the library is called, `usual` unless it is worded."""
        return self.own.get(key, usual)


ENGLISH = Wording()


def checked_wording(key: str, text: str) -> None:
    """Raises `InputError` for an unknown key, and for a text that is empty, too long or has other places."""
    table = phrases()
    if key not in table:
        hint = did_you_mean(key, table) or "`derive words` lists them."
        raise InputError("the key of a phrase", shown(key), place=f"words.{key}" if key.isidentifier() else "words",
                         hint=hint)  # fmt: skip
    place = f"words.{key}"
    if len(text) > LONGEST:
        raise InputError(f"at most {LONGEST} characters", str(len(text)), place=place)
    if first_unprintable(text) is not None:
        raise InputError("one line of text without control or invisible characters", shown(text), place=place)
    if key in WRITTEN_ON and not _WRITTEN.fullmatch(text):
        expected = "at most 60 letters and signs, without digits, : and `: by this word answers are read again"
        raise InputError(expected, shown(text), place=place)
    if _GLUED.search(text) or (key in BESIDE and not (text[:1] == " " and (text[-1:] == " " or key not in AFTER))):
        raise InputError("a blank between words and a formula or a number", shown(text), place=place)
    wanted, found = places(table[key]), places(text)
    if wanted != found:
        expected = " and ".join(f"{{{name}}}" for name in sorted(wanted)) or "no place in braces"
        raise InputError(f"a text with {expected}" if wanted else expected, shown(text), place=place)


_FORMULA = r"\{(?:mu|value|formula)\}"
_GLUED = re.compile(rf"[\w$}}-]{_FORMULA}|{_FORMULA}[\w${{]")
"""A formula beside a letter: no format could tell where it begins."""
BESIDE = ("and", "exceptions", "exception_rounded", "exceptions_rounded", "exception_to")
"""Phrases that follow a formula, or a sentence; those of `AFTER` are followed by one."""
AFTER = ("and", "exceptions")
_WRITTEN = re.compile(r"[^\W\d_][^\d:`\n]{0,59}")
WRITTEN_ON = ("answer",)
"""Phrases that stand in a line that is read again."""
