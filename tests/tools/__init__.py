"""What the tests share: tools that may be missing, pdfTeX, KaTeX, MathJax, pandoc, mystmd, and formulas of Markdown.

A helper asks for the program it runs, so where that is missing its test is skipped and says why;
`tests/conftest.py` turns every skip into a failure in CI.
"""

from tools.markdown import Formula, markdown_formulas
from tools.needs import need
from tools.readers import myst_complaints, pandoc, pandoc_words
from tools.typesetting import Overfull, TexLog, compile_tex, katex_errors, mathjax_errors

__all__ = [
    "Formula",
    "Overfull",
    "TexLog",
    "compile_tex",
    "katex_errors",
    "markdown_formulas",
    "mathjax_errors",
    "myst_complaints",
    "need",
    "pandoc",
    "pandoc_words",
]
