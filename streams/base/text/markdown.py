"""Markdown to safe HTML: CommonMark with tables.

HTML in the text is escaped. The output is sanitized as well, so that an error in one step is
caught by the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import nh3
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES

# Code in these languages gets syntax highlighting. The lexers of LANGUAGES take linear time.
# Most others take quadratic time (60 KB of "http" took 25 s), so they are reserved for text
# that ships with the portal.
LANGUAGES = {"bash", "json", "sql"}
OWN_LANGUAGES = LANGUAGES | {"http", "javascript", "php", "python", "ruby", "yaml"}
ALIASES = {"js": "javascript", "py": "python", "sh": "bash", "shell": "bash", "yml": "yaml"}  # fmt: skip
# Only images from this portal: other hosts would learn who reads the page.
OWN_PICTURE = re.compile(r"/(?:static|docs)/(?:[\w-]+[./])*[\w-]+/?")
# A heading that begins with a rule ID uses that ID as its anchor.
RULE = re.compile(r"[A-Z]+-[A-Z]+-\d{3}\b|IDENTITY-[A-Z-]+[A-Z]\b")

# Where a narrow column may break a path, such as `context.campaign_name`.
BETWEEN_NAMES = re.compile(r"(?<=\w)([._])(?=\w)")

TAGS = {
    "a", "blockquote", "br", "code", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr",
    "img", "li", "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th",
    "thead", "tr", "ul", "wbr",
}  # fmt: skip
ATTRIBUTES = {
    **{f"h{level}": {"id"} for level in range(2, 7)},
    "a": {"href", "title", "aria-label"},
    "img": {"alt", "src", "title"},
    "ol": {"start"},
    "pre": {"aria-label"},
    "div": {"aria-label"},
}
ATTRIBUTE_VALUES = {
    "pre": {"tabindex": {"0"}, "role": {"group"}},
    "div": {"tabindex": {"0"}, "role": {"group"}},
    "img": {"loading": {"lazy"}},
    "th": {"scope": {"col"}},
}
CLASSES = {
    "a": {"anchor"},
    "code": {"coloured"},
    "div": {"scroll"},
    "span": {name for name in STANDARD_TYPES.values() if name},
    "td": {"right", "center"},
    "th": {"right", "center"},
}


@dataclass(frozen=True, slots=True)
class Heading:
    level: int  # 2 to 6: the page has its own h1
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """A text as HTML, with its headings and blocked images."""

    html: SafeString
    headings: tuple[Heading, ...]
    pictures_left_out: tuple[str, ...]  # addresses outside this portal

    @property
    def contents(self) -> list[Heading]:
        """The headings for a table of contents."""
        return [heading for heading in self.headings if heading.level <= 3]


def render(text: str, *, id_prefix: str = "", is_own: bool = False) -> Document:
    """Render a text in linear time.

    `id_prefix` separates its anchors from the IDs of the surrounding page. `is_own`: the text
    ships with the portal and may use OWN_LANGUAGES.
    """
    tokens = parse(text)
    headings = tuple(_anchored(tokens, id_prefix))
    pictures = tuple(_pictures_left_out(tokens))
    html = nh3.clean(
        _markdown.renderer.render(
            tokens,
            _markdown.options,
            {"languages": OWN_LANGUAGES if is_own else LANGUAGES},
        ),
        tags=TAGS,
        attributes=ATTRIBUTES,
        tag_attribute_values=ATTRIBUTE_VALUES,
        allowed_classes=CLASSES,
        attribute_filter=_filtered,
        link_rel="noopener",
        url_schemes={"http", "https", "mailto"},
    )
    return Document(mark_safe(html), headings, pictures)  # noqa: S308 - just sanitized


def parse(text: str) -> list[Token]:
    """Return the text's tokens in order; `map` of a block gives its lines."""
    return _markdown.parse(text)


def plain(token: Token) -> str:
    """Return the visible text of an inline token, without markup."""
    return "".join(
        child.content if child.type in ("text", "code_inline") else " "
        for child in token.children or ()
        if child.type in ("text", "code_inline", "softbreak", "hardbreak")
    )


def is_own_picture(address: str) -> bool:
    return OWN_PICTURE.fullmatch(address) is not None


class _Renderer(RendererHTML):
    """Adapts the HTML to keyboards, narrow screens, and the strict CSP."""

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        language = token.info.strip().split(" ")[0].lower()
        language = ALIASES.get(language, language)
        return _code(token.content, language if language in env["languages"] else "")

    def code_block(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return _code(tokens[idx].content, "")

    def code_inline(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        code = escape(tokens[idx].content)
        return f"<code>{BETWEEN_NAMES.sub(r'\1<wbr>', code)}</code>"

    def table_open(self, *_: Any) -> str:
        return (
            '<div class="scroll" role="group" tabindex="0" aria-label="Table"><table>'
        )

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f'<th scope="col"{_alignment(tokens[idx])}>'

    def td_open(self, tokens: Sequence[Token], idx: int, *_: Any) -> str:
        return f"<td{_alignment(tokens[idx])}>"

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        alt = self.renderInlineAsText(token.children, options, env)
        if not is_own_picture(str(token.attrs.get("src", ""))):
            return str(escape(alt))
        return format_html(
            '<img src="{}" alt="{}" loading="lazy">', token.attrs["src"], alt
        )

    def heading_close(
        self, tokens: Sequence[Token], idx: int, options: Any, env: Any
    ) -> str:
        anchor = tokens[idx].meta["anchor"]
        return f"{anchor}{self.renderToken(tokens, idx, options, env)}"


_markdown = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
_markdown.enable(["table", "strikethrough"])
_formatter = HtmlFormatter(nowrap=True)


# Characters of a heading that become its anchor. The Unicode normalization involved takes
# quadratic time for many combining marks.
MAX_SLUGGED = 200


def _anchored(tokens: list[Token], id_prefix: str) -> Iterator[Heading]:
    """Give each heading a unique ID and a link; the page has its own h1."""
    seen: dict[str, int] = {}
    for opens, inline, closes in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opens.type != "heading_open":
            continue
        text = plain(inline).strip()
        rule = RULE.match(text)
        name = _unused(
            rule[0] if rule else slugify(text[:MAX_SLUGGED]) or "section", seen
        )
        opens.tag = closes.tag = f"h{max(2, int(opens.tag[1]))}"
        opens.attrs["id"] = id_prefix + name
        closes.meta["anchor"] = format_html(
            ' <a class="anchor" href="#{}" aria-label="Link to “{}”">#</a>',
            id_prefix + name,
            text,
        )
        yield Heading(int(opens.tag[1]), id_prefix + name, text)


def _unused(name: str, seen: dict[str, int]) -> str:
    """Return `name`, with a number if it is taken; numbers continue from the last one."""
    free = name
    while free in seen:
        seen[name] += 1
        free = f"{name}-{seen[name]}"
    seen[free] = 1
    return free


def _pictures_left_out(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        for child in token.children or ():
            address = str(child.attrs.get("src", ""))
            if child.type == "image" and not is_own_picture(address):
                yield address


def _code(text: str, language: str) -> str:
    """Render code that a keyboard can scroll, highlighted unless `language` is empty."""
    inside = (
        highlight(text, get_lexer_by_name(language), _formatter)
        if language
        else escape(text)
    )
    opening = f'<pre tabindex="0" role="group" aria-label="{language or "Code"}">'
    return f'{opening}<code class="coloured">{inside}</code></pre>\n'


def _alignment(token: Token) -> str:
    """Return the alignment as a class, because the CSP forbids inline styles."""
    side = str(token.attrs.get("style", "")).removeprefix("text-align:")
    return f' class="{side}"' if side in ("right", "center") else ""


def _filtered(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src") and not is_own_picture(value):
        return None
    return value
