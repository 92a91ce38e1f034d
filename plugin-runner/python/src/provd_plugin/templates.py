"""Jinja2 templates out of folders, for plugins that want them. Jinja2 is imported with this module only.

A template that is missing, or that asks for what is not there, fails the call: an empty line in the file of a phone is
found too late.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateNotFound
from jinja2.exceptions import TemplateSyntaxError

from provd_plugin.errors import CannotWork


class Templates:
    """Templates by name, each from the first folder that has it: name the administrator's overrides first.

        Templates(environment.overrides / "templates", environment.folder / "templates")

    Compiled templates are kept, and compiled anew when their file has changed or another one comes first.
    """

    def __init__(self, *folders: Path) -> None:
        """Folders need not exist."""
        self._jinja = Environment(
            loader=_Folders([str(folder) for folder in folders]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    @property
    def jinja(self) -> Environment:
        """The environment of Jinja2, to add filters to before the first call."""
        return self._jinja

    def render(self, name: str, /, **variables: Any) -> str:
        """The text of a template. Raises `CannotWork` if there is none of this name, or if it is malformed."""
        return str(self._template([name], name).render(**variables))

    def render_first(self, names: list[str], /, **variables: Any) -> str:
        """The text of the first of these templates that there is: that of a model, then that of all."""
        return str(self._template(names, " or ".join(names)).render(**variables))

    def _template(self, names: list[str], told: str) -> Template:
        try:
            return self._jinja.select_template(names)
        except TemplateSyntaxError as error:
            raise CannotWork(
                f"the template {error.name} is malformed in line {error.lineno}: {error.message}"
            ) from None
        except TemplateNotFound:
            raise CannotWork(f"there is no template {told} in the plugin's folders") from None


class _Folders(FileSystemLoader):  # type: ignore[misc,unused-ignore]
    """Finds templates, and finds out when one that comes first has been put beside the one that was found."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, found, is_unchanged = super().get_source(environment, template)

        def is_current() -> bool:
            return is_unchanged() and self._first(template) == Path(found)

        return source, found, is_current

    def _first(self, template: str) -> Path | None:
        paths = (Path(folder, template) for folder in self.searchpath)
        return next((path for path in paths if path.is_file()), None)
