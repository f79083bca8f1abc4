"""Problems worked by hand, rightly and wrongly, in plain decimals. Nothing in this package uses derive."""
