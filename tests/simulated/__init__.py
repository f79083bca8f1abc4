"""Students who work problems by hand, simulated without the program that judges them.

A student knows the textbook (`textbook`), works a problem line by line with own earlier numbers (`student`) in a
style of working (`style`), may make mistakes that textbooks and examiners know (`mistakes`) and slips of the pen
(`slips`). What he did is known, so that a judge can be judged (`score`). What could be proven from the sheet alone
is worked out beside, in interval arithmetic over all right ways of working (`provable`). Only `judged` touches
derive.
"""
