"""Interchangeable parts of a loop: how they are named, read, written and checked.

A part is a frozen dataclass in Python, `NAME:parameter=value,…` on the command line and
`{"family": NAME, "parameters": {…}}` in JSON; what one writes another reads.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from boostcalc.errors import PartError, did_you_mean

__all__ = ["Part", "Registry", "parameter", "written_part"]


def parameter(
    meaning: str,
    low: float = -np.inf,
    high: float = np.inf,
    *,
    whole: bool = False,
    several: bool = False,
    **kwargs: Any,
) -> Any:
    """A dataclass field for one parameter of a part: its meaning and its closed range.

    With `several` its value is a tuple of numbers, written `parameter=1/2/3`, and never one value per draw.
    """
    metadata = {"meaning": meaning, "low": low, "high": high, "whole": whole, "several": several}
    return dataclasses.field(metadata=metadata, **kwargs)


@dataclasses.dataclass(frozen=True)
class Part:
    """Base of the parts; a subclass states its `family` name and its parameters, the base does the rest.

    A parameter may be a number, or an array (one value per posterior draw) that broadcasts with the others.

    Raises
    ------
    PartError
        If a parameter is not a finite number in its range.
    """

    family: ClassVar[str]

    def __post_init__(self) -> None:
        for spec in dataclasses.fields(self):
            self._check(spec, getattr(self, spec.name))

    def _check(self, spec: dataclasses.Field[Any], given: Any) -> None:
        low, high, name = spec.metadata["low"], spec.metadata["high"], f"{self.family}: {spec.name}"
        try:
            value = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            raise PartError(f"{name} = {given!r} is not a number") from None
        if not np.isfinite(value).all():
            raise PartError(f"{name} must be finite, not {given}")
        if ((value < low) | (value > high)).any():
            raise PartError(f"{name} = {given} is out of range: {spec.metadata['meaning']} lies in {_span(low, high)}")
        if spec.metadata["whole"] and (value != np.floor(value)).any():
            raise PartError(f"{name} = {given} must be a whole number: it is {spec.metadata['meaning']}")
        if spec.metadata["several"]:
            object.__setattr__(self, spec.name, tuple(value.ravel().tolist()))

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The parameters' names, in order."""
        return tuple(spec.name for spec in dataclasses.fields(cls))

    @classmethod
    def bounds(cls) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The closed range of each parameter, as (lows, highs)."""
        specs = dataclasses.fields(cls)
        return tuple(s.metadata["low"] for s in specs), tuple(s.metadata["high"] for s in specs)

    @property
    def parameters(self) -> dict[str, Any]:
        """Name → value, in order."""
        return {name: getattr(self, name) for name in self.names()}

    @property
    def scalars(self) -> dict[str, Any]:
        """The parameters that are one number for each loop: all but those with several values."""
        return {s.name: getattr(self, s.name) for s in dataclasses.fields(self) if not s.metadata["several"]}

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape to which the parameters broadcast; `()` for one part."""
        return np.broadcast_shapes(*(np.shape(value) for value in self.scalars.values()))

    def take(self, chosen: NDArray[Any]) -> Self:
        """The chosen ones (a mask or indices) of a batch of parts whose parameters have shape `(size,)`."""
        kept = {k: np.asarray(v)[chosen] for k, v in self.scalars.items() if np.ndim(v)}
        return dataclasses.replace(self, **kept) if kept else self

    def ravel(self, shape: tuple[int, ...]) -> Self:
        """The parts with their parameters broadcast to `shape` and flattened."""
        return dataclasses.replace(self, **{k: np.broadcast_to(v, shape).ravel() for k, v in self.scalars.items()})

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, `{"family": …, "parameters": {…}}`."""
        plain = {name: np.asarray(value).tolist() for name, value in self.parameters.items()}
        return {"family": self.family, "parameters": plain}

    def __str__(self) -> str:
        """The command line's form, `NAME:parameter=value,…`; exact, so that it reads back to the same part."""
        return _written(self.family, self.parameters, lambda value: repr(np.asarray(value).tolist()))


PartT = TypeVar("PartT", bound=Part)


class Registry(Generic[PartT]):
    """The families of one kind of part, by name; the module of each loads when the family is asked for.

    Parameters
    ----------
    kind : str
        What the parts are, for messages: "response", "context policy".
    families : mapping
        Name of each family → where its class is, `package.module:Class`; in the order in which they are listed.
    """

    def __init__(self, kind: str, families: Mapping[str, str]) -> None:
        self.kind = kind
        self._families = dict(families)

    def __iter__(self) -> Iterator[type[PartT]]:
        return (self[name] for name in self._families)

    def __getitem__(self, name: str) -> type[PartT]:
        if name not in self._families:
            known = ", ".join(self._families)
            raise PartError(f"unknown {self.kind} {name!r}{did_you_mean(name, self._families)}; known are: {known}")
        module, _, family = self._families[name].partition(":")
        return getattr(import_module(module), family)  # type: ignore[no-any-return]  # a test holds it to its kind

    def make(self, name: str, parameters: Mapping[str, Any]) -> PartT:
        """The part `name` with these parameters; `PartError` names what does not fit."""
        family = self[name]
        for given in parameters:
            if given not in family.names():
                takes = ", ".join(family.names()) or "none"
                hint = did_you_mean(given, family.names())
                raise PartError(f"{name} has no parameter {given!r}{hint}; its parameters: {takes}")
        missing = [
            spec.name
            for spec in dataclasses.fields(family)
            if spec.default is dataclasses.MISSING and spec.name not in parameters
        ]
        if missing:
            form = ",".join(f"{parameter}=…" for parameter in family.names())
            raise PartError(f"{name} needs {' and '.join(missing)}: write {name}:{form}")
        return family(**parameters)

    def parse(self, text: str) -> PartT:
        """The part written as `NAME:parameter=value,…`."""
        name, _, listed = text.partition(":")
        parameters: dict[str, Any] = {}
        for item in filter(None, listed.split(",")):
            key, equals, value = (piece.strip() for piece in item.partition("="))
            if not equals:
                raise PartError(f"cannot read {item!r} in {text!r}: write NAME:parameter=value,…")
            if key in parameters:
                raise PartError(f"{key} is given twice in {text!r}")
            several = tuple(_number(key, piece) for piece in value.split("/"))
            parameters[key] = several if len(several) > 1 else several[0]
        return self.make(name.strip(), parameters)

    def from_dict(self, record: Mapping[str, Any]) -> PartT:
        """The part whose `to_dict` gave this record."""
        try:
            name, parameters = record["family"], dict(record["parameters"])
        except (KeyError, TypeError, ValueError):
            raise PartError(f'a {self.kind} is written {{"family": NAME, "parameters": {{…}}}}') from None
        return self.make(name, parameters)


def written_part(record: Mapping[str, Any]) -> str:
    """A part's JSON form as it is typed, `NAME:parameter=value,…`, to four digits."""
    return _written(record["family"], record["parameters"], "{:.4g}".format)


def _written(family: str, parameters: Mapping[str, Any], one: Callable[[Any], str]) -> str:
    """`NAME:parameter=value,…`; several values of one parameter have strokes between them."""
    several = {k: v if isinstance(v, list | tuple) else [v] for k, v in parameters.items()}
    listed = ",".join(f"{name}={'/'.join(map(one, values))}" for name, values in several.items())
    return f"{family}:{listed}" if listed else family


def _number(key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise PartError(f"{key} = {text!r} is not a number") from None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _span(low: float, high: float) -> str:
    left = f"[{low:g}" if np.isfinite(low) else "(-inf"
    right = f"{high:g}]" if np.isfinite(high) else "inf)"
    return f"{left}, {right}"
