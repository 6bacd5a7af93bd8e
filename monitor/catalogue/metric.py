"""What a definition consists of, in English and Japanese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ja"]
Kind = Literal["CE", "CX", "operation"]
About = Literal["behaviour", "feeling", "coverage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Definition of one figure.

    ``unit`` is ``count``, ``ratio`` (0..1), ``per post``, ``seconds``, ``points`` (-100..100), ``instant``, ``probability``,
    ``z`` (standard errors), ``amount`` (money) or ``percent``. ``kind``
    tells whether it is about the relation over time (CE), one conversation (CX) or our own work; ``about`` whether it
    shows what people do, what they feel, or how much was seen. ``status`` is ``computed``, ``imported`` (only other systems
    know it), ``defined`` (the formula is fixed, this version does not compute it) or ``refused`` (it cannot be had honestly;
    ``inclusions`` says why).
    """

    name: str
    title_en: str
    title_ja: str
    formula_en: str
    formula_ja: str
    unit: str
    inclusions_en: str
    inclusions_ja: str
    kind: Kind
    about: About
    source_en: str
    source_ja: str
    numerator_en: str | None = None
    numerator_ja: str | None = None
    denominator_en: str | None = None
    denominator_ja: str | None = None
    status: Literal["computed", "imported", "defined", "refused"] = "computed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One of the nine usual indicators of customer engagement and what the monitor honestly does about it.

    ``status``: ``computed`` from what the monitor sees, ``analogue`` (a neighbour under its own name, ``metric``) or
    ``import`` (needs figures from elsewhere, the statement says which; ``metric`` is the nearest thing until then).
    """

    name: str
    title_en: str
    title_ja: str
    status: Literal["computed", "analogue", "import"]
    metric: str | None
    statement_en: str
    statement_ja: str
