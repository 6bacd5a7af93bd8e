"""The web face: server-rendered pages, each with a JSON twin; see ``README.md`` beside this file for how to add one."""
