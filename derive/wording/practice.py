"""The phrases of a practice page: what it says of answers, its hints and its buttons."""

from __future__ import annotations

PRACTICE: dict[str, str] = {
    "practice_intro": "Write your result into each box. You are told at once whether it is right, whether it follows"
    " from an earlier value of your own, or which mistake gives it. Nothing that you write is"
    " sent anywhere.",
    "practice_no_exam": "This page is for practice and is no exam: the answers are in the file, hidden from the eye but"
    " not from somebody who looks for them.",
    "practice_no_script": "This page needs JavaScript. The same sheet without it is a worksheet in HTML or PDF.",
    "practice_numbers": "Numbers {number} of {count}",
    "practice_next": "Other numbers",
    "practice_clear_all": "Clear this sheet",
    "practice_clear_sure": "Clear all answers of this sheet?",
    "practice_progress": "{right} of {count} right",
    "practice_next_open": "Next open box",
    "practice_unsaved": "This browser keeps nothing for this page: what you write is gone when you close it.",
    "practice_kept": "Your answers are kept in this browser.",
    "practice_scrolls": "Picture, may scroll sideways",
    "practice_hint": "Hint",
    "practice_hint_more": "Next hint",
    "practice_hint_rule": "Rule.",
    "practice_hint_formula": "Formula.",
    "practice_hint_numbers": "Numbers.",
    "practice_hint_yours": "yours from {label}",
    "practice_hint_first": "first {label}",
    "practice_done": "All boxes are right.",
    # verdicts
    "practice_right": "Right.",
    "practice_rounded": "Right: this is your rounding on the way.",
    "practice_follows": "This follows from your own value in {labels}, which is not right yet.",
    "practice_follows_several": "This follows from your own values in {labels}, which are not right yet.",
    "practice_wrong": "This is not what the step gives with your numbers above.",
    "practice_early": "This is not the number that is expected. Fill in {labels} first, then it can be said why.",
    "practice_turned": "The sign is the other way round. If you take deltas as target minus output on purpose, the new"
    " weights decide; else:",
    "practice_few": "That agrees as far as it goes. Write {places} decimals.",
    "practice_fits": "This fits your own numbers.",
    "practice_near": "It cannot be told here whether rounding explains this. Work with {places} decimals or more.",
    "practice_again": "It cannot be told yet: what went wrong in {labels} may be in it. Put that right first.",
    "practice_signs": "The signs above are the other way round, so this cannot be judged here.",
    "practice_unread": "Write a number such as {example}.",
    "practice_unread_letter": "Write the letter of a number above.",
    "practice_unread_shape": "Write a shape such as 2x3.",
    "practice_unread_count": "Write a whole number.",
    # rules
    "practice_rule_standardize": "Take the mean from the input, then divide by the standard deviation.",
    "practice_rule_sum": "A weighted sum: multiply each value that comes in by its own weight, add the products, and"
    " add the bias if there is one.",
    "practice_rule_activation": "Put the weighted sum of the unit into its activation function.",
    "practice_rule_exponential": "Softmax begins with the exponential of each weighted sum.",
    "practice_rule_exponentials": "Add the exponentials of all units of the layer.",
    "practice_rule_share": "Softmax: divide the exponential of the unit by the sum of all exponentials.",
    "practice_rule_loss_part": "The loss compares one output with its target.",
    "practice_rule_loss": "Add what all outputs contribute to the loss; where it is a mean, divide by their number.",
    "practice_rule_penalty": "The penalty is made of the weights alone, of their squares or of their sizes.",
    "practice_rule_output": "Differentiate the loss by this output: everything else stays constant.",
    "practice_rule_slope": "Differentiate the activation function at the value of this unit.",
    "practice_rule_softmax": "Every output of a softmax depends on every weighted sum; with itself and with another"
    " one the derivative differs.",
    "practice_rule_delta": "Chain rule: the derivative by the activation times the slope of the activation.",
    "practice_rule_simplified": "Here loss and activation fit each other, and their derivatives together are short.",
    "practice_rule_path": "Chain rule along one path: multiply the derivatives on the way.",
    "practice_rule_back": "The value feeds every unit of the next layer: each is a path. Multiply along each path, and"
    " add the paths. The weights are the old ones.",
    "practice_rule_weight": "Chain rule: the derivative by the weighted sum, times what the weight was multiplied"
    " with.",
    "practice_rule_bias": "The weighted sum grows as its bias does: the factor is 1. A bias that several units share"
    " gathers from all of them.",
    "practice_rule_batch": "Bring the gradients of the examples together: add them, and where the loss is a mean,"
    " divide by their number.",
    "practice_rule_rate": "The learning rate of this step, after its decay.",
    "practice_rule_step": "Learning rate times gradient.",
    "practice_rule_velocity": "Momentum: keep a part of the old velocity, and add the new step.",
    "practice_rule_update": "Downhill: take what the learning rule makes of the gradient from the old value.",
    "practice_rule_fixed": "This value is not trained: it stays.",
    "practice_rule_value": "Work out the formula with the values that you have already.",
    "practice_rule_local": "Differentiate this one formula by this one letter; every other letter stays constant.",
    "practice_rule_gradient": "Chain rule: what comes from above times the local derivative. Where a value is used"
    " several times, each use is a path, and the paths are added.",
    "practice_rule_state": "What the optimiser keeps: a part of the old, and a part of the new gradient.",
}
