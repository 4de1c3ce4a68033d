"""The site: Sphinx with MyST, which reads the Markdown that GitHub reads; no page needs a network."""

from __future__ import annotations

import importlib.metadata

project = "foanil"
author = "The foanil authors"
copyright = "The foanil authors, MIT licence"
release = importlib.metadata.version("foanil")
html_title = "foanil: an audit of FO-ANIL"
html_baseurl = ""

extensions = ["myst_parser", "sphinx.ext.mathjax"]
smartquotes = False  # a dash of two hyphens is an option here
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["dollarmath"]
myst_dmath_double_inline = True
myst_dmath_allow_labels = False
myst_heading_anchors = 3
myst_update_mathjax = False  # set below
# An `<a id>` is no target that MyST knows of. The tests follow every link of the built pages.
suppress_warnings = ["myst.xref_missing", "myst.header", "misc.highlighting_failure"]

# SVG output draws glyphs itself: no font files, which a browser may refuse to load from a folder.
mathjax_path = "tex-svg.js"
mathjax3_config = {
    "tex": {"inlineMath": [["\\(", "\\)"]], "displayMath": [["\\[", "\\]"]]},
    "options": {"enableMenu": False, "ignoreHtmlClass": "tex2jax_ignore|mathjax_ignore|document"},
    "svg": {"fontCache": "global"},
}

html_theme = "furo"
html_static_path = [
    "assets",
    "node_modules/mathjax/es5/tex-svg.js",
    "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js",
]
html_css_files = ["pages.css"]
html_js_files = ["pages.js"]
html_use_index = False
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
# A summary is fetched, which a browser refuses for pages opened from a folder.
html_show_search_summary = False
html_last_updated_fmt = None
html_permalinks_icon = "#"
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
pygments_style = "friendly"
pygments_dark_style = "monokai"
