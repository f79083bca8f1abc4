"""A practice page: a worksheet in which every box answers, as one file for a browser.

    practice("mazur", variants=8)

`sheet` gathers the steps, the boxes and the mistakes that can be made before each from what the checker judges with,
`javascript` writes the steps as functions, `rules` has the first hint, `page` puts the file together. The judge itself
is `judge.js` among the templates: it says what the checker would say where that is sure, and less where it is not.
"""

from __future__ import annotations

from derive.practice.made import MOST_VARIANTS, practice

__all__ = ["MOST_VARIANTS", "practice"]
