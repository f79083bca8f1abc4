"""Letters: how each author writes each quantity.

A notation is data: one template per kind of quantity. To add one, add a row to the table at the end. Templates may
hold these marks, filled in for each quantity:

    <l> layer      <j> unit       <ji> <ij> unit and source (or source and unit) of a weight
    <n> running number of a weight     <u> unit as h1, o2     <h> unit of a hidden layer     <c> letter of the layer
    <_k> index of an output, left out when there is only one
    <^> example and number of updates as a superscript       <,> the same inside a superscript

A `Namer` binds a notation to a network and refuses two quantities with one name. Values and formulas are unknown
here.
"""

from derive.notation.model import Name, Notation, index_name
from derive.notation.namer import Namer, Shape
from derive.notation.table import NOTATIONS

__all__ = ["NOTATIONS", "Name", "Namer", "Notation", "Shape", "index_name"]
