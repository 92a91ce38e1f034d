"""Jinja2 templates of a plugin, with those of an administrator before them, rendered into files.

Jinja2 is imported when the first template is asked for: plugins that wait for their first phone do without.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment, Template


class TemplatePluginHelper:
    """The templates of one plugin: `var/templates` is the administrator's, `templates` the plugin's own."""

    DEFAULT_TPL_DIR = "templates"
    CUSTOM_TPL_DIR = os.path.join("var", "templates")

    def __init__(self, plugin_dir: str) -> None:
        folders = [os.path.join(plugin_dir, folder) for folder in (self.CUSTOM_TPL_DIR, self.DEFAULT_TPL_DIR)]
        self._folders = folders
        self._made: Environment | None = None

    @property
    def _env(self) -> Environment:
        if self._made is None:
            from wazo_provd.template_folders import environment

            self._made = environment(self._folders)
        return self._made

    def get_dev_template(self, filename: str | None, dev: dict[str, Any]) -> Template:
        """The template of a device: the one of its file, else of its model, else `base.tpl`."""
        from jinja2 import TemplateNotFound

        names = [f"{name}.tpl" for name in (filename, dev.get("model")) if name] + ["base.tpl"]
        for name in names:
            try:
                return self._env.get_template(name)
            except TemplateNotFound as error:
                # A template that is there and includes one that is not must not fall back to another one.
                if error.name != name:
                    raise
        raise TemplateNotFound(names[-1])

    def get_template(self, name: str) -> Template:
        """The template of this name; raises `TemplateNotFound`."""
        return self._env.get_template(name)

    def dump(
        self,
        template: Template,
        context: dict[str, Any],
        filename: str,
        encoding: str = "UTF-8",
        errors: str = "strict",
    ) -> None:
        """Renders into a file whose folder exists; on any error the file is as it was before."""
        content = self.render(template, context, encoding, errors)
        staged = filename + ".tmp"
        with open(staged, "wb") as file:
            file.write(content)
        os.rename(staged, filename)

    def render(
        self, template: Template, context: dict[str, Any], encoding: str = "UTF-8", errors: str = "replace"
    ) -> bytes:
        """Renders into bytes."""
        text: str = template.render(context)
        return text.encode(encoding, errors)
