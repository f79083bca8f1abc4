"""Long sweeps: what is too slow for the test suite, drawn afresh with a seed. `python -m tests.sweeps` runs them."""
