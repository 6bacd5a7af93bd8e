"""Routes with their rules: a handler, a path, who may use it, and the values that it takes. The OpenAPI document follows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from monitor.people import ACTIONS, Action
from monitor.web.context import Away, Context, Done, Problem, Raw

Handler = Callable[[Context], "Mapping[str, Any] | Done | Raw | Away"]
_PLACE = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A value that a route takes from its path, its query (GET) or its form or JSON body (POST).

    ``about`` says in English what it is, for the OpenAPI document. A text is at most ``longest`` characters.
    """

    name: str
    about: str
    kind: Literal["text", "integer", "boolean"] = "text"
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = 2**53 - 1
    longest: int = 1000
    secret: bool = False

    def read(self, given: Any) -> Any:  # noqa: ANN401 - what a form or JSON holds
        """Return the checked value. Raises ``Problem`` (422) naming the parameter."""
        if given is None or (given == "" and self.kind != "text"):
            if self.required:
                raise Problem(422, "“%(name)s” is missing.", name=self.name)
            return self.default
        if self.kind == "boolean":
            return given if isinstance(given, bool) else str(given).casefold() in ("1", "true", "on", "yes")
        if self.kind == "integer":
            return self._integer(given)
        if not isinstance(given, str) or "\0" in given or not _encodable(given):
            raise Problem(422, "“%(name)s” must be a text.", name=self.name)
        if len(given) > self.longest:
            raise Problem(
                422, "“%(name)s” is longer than %(longest)s characters.", name=self.name, longest=self.longest
            )
        if self.choices and given not in self.choices:
            raise Problem(
                422, "“%(name)s” must be one of: %(choices)s.", name=self.name, choices=", ".join(self.choices)
            )
        if self.required and not given.strip():
            raise Problem(422, "“%(name)s” is missing.", name=self.name)
        return given

    def _integer(self, given: Any) -> int:  # noqa: ANN401 - see above
        text = str(given)
        if (
            isinstance(given, bool)
            or not re.fullmatch(r"-?[0-9]{1,16}", text)
            or not self.least <= int(text) <= self.most
        ):
            raise Problem(
                422,
                "“%(name)s” must be a whole number from %(least)s to %(most)s.",
                name=self.name,
                least=self.least,
                most=self.most,
            )
        return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way into the program. ``rule`` is an action of ``monitor.people``; there is no route without one."""

    path: str
    method: Literal["GET", "POST"]
    rule: Action
    handler: Handler
    about: str
    template: str | None = None
    params: tuple[Param, ...] = ()
    nav: tuple[int, str, str] | None = None
    twin: bool = True

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the parameters in the path."""
        return tuple(_PLACE.findall(self.path))

    @property
    def pattern(self) -> str:
        """The path as Starlette reads it: an integer place only matches digits."""
        integers = {param.name for param in self.params if param.kind == "integer"}
        return _PLACE.sub(lambda found: "{" + found[1] + (":int" if found[1] in integers else "") + "}", self.path)


class Routes:
    """The routes of one module: ``routes = Routes()``, then its decorators."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def page(
        self,
        path: str,
        *,
        rule: Action,
        template: str | None,
        about: str,
        params: Sequence[Param] = (),
        nav: tuple[int, str, str] | None = None,
        twin: bool = True,
    ) -> Callable[[Handler], Handler]:
        """A page that is read (GET). ``nav``: place in the menu, msgid of its name, key after ``g``."""
        return self._add(path, "GET", rule, template, about, params, nav, twin)

    def action(
        self,
        path: str,
        *,
        rule: Action,
        about: str,
        params: Sequence[Param] = (),
        template: str | None = None,
    ) -> Callable[[Handler], Handler]:
        """A change (POST): returns ``Done``, or values for ``template``."""
        return self._add(path, "POST", rule, template, about, params, None, True)

    def _add(
        self,
        path: str,
        method: Literal["GET", "POST"],
        rule: Action,
        template: str | None,
        about: str,
        params: Sequence[Param],
        nav: tuple[int, str, str] | None,
        twin: bool,
    ) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            """Register the handler and give it back."""
            self.all.append(
                Route(
                    path=path,
                    method=method,
                    rule=rule,
                    handler=handler,
                    about=about,
                    template=template,
                    params=tuple(params),
                    nav=nav,
                    twin=twin,
                )
            )
            return handler

        return keep


def checked(routes: Sequence[Route]) -> list[Route]:
    """Return the routes, longest fixed beginnings first. Raises ``ValueError`` for one without a rule, a double, or an undeclared place."""
    seen: set[tuple[str, str]] = set()
    for route in routes:
        where = f"{route.method} {route.path}"
        if route.rule not in ACTIONS:
            raise ValueError(f"{where}: has no rule of monitor.people.NEEDS, but {route.rule!r}")
        if route.rule == "see" and route.method != "GET":
            raise ValueError(f"{where}: whoever may only see must not change anything; give it another rule")
        if (route.method, route.path) in seen:
            raise ValueError(f"{where}: stands there twice")
        if missing := set(route.places) - {param.name for param in route.params}:
            raise ValueError(f"{where}: {', '.join(sorted(missing))} of the path is no Param")
        seen.add((route.method, route.path))
    return sorted(routes, key=lambda route: (len(route.places) > 0, route.path.count("{"), route.path))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
