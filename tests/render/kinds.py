"""Posts of every kind that people write, and of some that nobody should: Markdown by the name of its trouble."""

# ruff: noqa: E501 - posts are written as they come

from __future__ import annotations

__all__ = ["KINDS", "LONG"]

ENDLESS = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
ZALGO = "".join(
    f"{letter}{''.join(chr(0x300 + (n * 7 + k) % 0x6F) for k in range(12))}" for n, letter in enumerate("zalgo")
)


def _table(columns: int, rows: int, cell: str = "cell {row}.{column}") -> str:
    head = "| " + " | ".join(f"Column {n}" for n in range(columns)) + " |"
    line = "|" + "---|" * columns
    body = ["| " + " | ".join(cell.format(row=r, column=c) for c in range(columns)) + " |" for r in range(rows)]
    return "\n".join([head, line, *body])


KINDS: dict[str, str] = {
    "nothing": "",
    "blanks": " \n\t\n\u200b\n\xa0\n",
    "one word": "Yes.",
    "only a picture": "![A harbour](https://img.example.org/a.jpg)",
    "only a picture in a link": "[![A harbour](https://img.example.org/a.jpg)](https://example.org/harbour)",
    "only code": "```python\nprint('all there is')\n```",
    "only a link": "<https://example.org/all-there-is>",
    "headings": "# One\n## Two\n### Three\n#### Four\n##### Five\n###### Six\n\n# Another one\n\nText.",
    "lists": "- a\n    - b\n        1. c\n        2. d\n\n            with a paragraph\n\n* [ ] to do\n* [x] done\n\n7. seven\n8. eight",
    "definitions": "Term\n: what it is\n\nOther\n: this\n: or that",
    "quotes": "> A quotation\n>\n> > in a quotation\n>\n> — <cite>somebody</cite>\n\n> [!NOTE]\n> A note.",
    "code": "Inline `code` and ``code with ` in it``.\n\n```js\nconst a = `${b}`; // <b>&amp;</b>\n```\n\n    indented {{ code }}\n\n~~~\n{% raw %}\n~~~",
    "a long line of code": f"```\n{'x' * 400}\n{'word ' * 100}\n```",
    "footnotes": "A claim[^1] and another[^two], and the first again[^1].\n\n[^1]: The proof, with [a link](https://example.org/proof).\n[^two]: More.\n\n    In two paragraphs, with `code`.",
    "figures": '<figure><img src="https://img.example.org/a.jpg" alt="A"><figcaption>What <em>one</em> sees, from [here](x)</figcaption></figure>',
    "details": "<details><summary>More <b>of it</b></summary>\n\nHidden text, shown in a mail.\n\n</details>",
    "a table": _table(3, 4),
    "a table with long words": _table(3, 3, ENDLESS[:40] + "{row}{column}"),
    "a table with long text": _table(4, 3, "a cell that holds a whole sentence, number {row}, and a bit more {column}"),
    "a wide table": _table(9, 6),
    "a table of 3,000 cells": _table(5, 600),
    "a narrow table of 3,000 cells": _table(3, 1000, "{row}.{column}"),
    "a table by hand": '<table border=1 width=2000 style="width:2000px"><caption>Caption</caption><tr><th rowspan=2>a<th colspan=2>b<tr><td>c<td align=right>d</table>',
    "a table in a table": "<table><tr><td>outer<table><tr><td>inner</td><td>two</td></tr></table></td><td>beside</td></tr></table>",
    "a layout of tables": '<table width="100%"><tr><td><table><tr><td><p>Left</p></td></tr></table></td><td><img src="https://img.example.org/r.jpg" width="900"></td></tr></table>',
    "fifty levels of tables": "<table><tr><td>" * 50 + "the innermost" + "</td></tr></table>" * 50,
    "fifty levels of quotes": "".join(f"{'> ' * n}level {n}\n" for n in range(1, 51)),
    "fifty levels of lists": "".join(f"{'  ' * n}- level {n}\n" for n in range(50)),
    "fifty levels of boxes": "<div>" * 50 + "the innermost" + "</div>" * 50,
    "unclosed tags": "<div><p>One <b>bold <i>both\n\n<ul><li>item <a href='https://example.org/a'>link\n\n</b> crossed </i>\n\n<table><tr><td>cell\n\n<!-- never closed",
    "tags that are none": "a < b and c > d, a<b>c, <3, <foo@example.org>, <T>, Vec<u8>, x <= y, </p></div></table></td>",
    "MDX": "import { Chart } from './chart'\nexport const meta = { a: 1 }\n\n# Title\n\n<Chart data={[1, 2, { a: 'b' }]} onClick={() => alert(1)}>\n  Inside **the chart**.\n</Chart>\n\n{/* a comment */}\n\n<div style={{ color: 'red' }} className=\"x\">Text {1 + 1}</div>\n\n<Tabs><TabItem value=\"a\">First</TabItem></Tabs>",
    "shortcodes": '{{< figure src="https://img.example.org/a.jpg" caption="C" >}}\n\n{{% notice %}}Note{{% /notice %}}\n\n{{< youtube abc123 >}}\n\n{% include x.html %}\n\n{{ unknown }}',
    "films": '<iframe src="https://www.youtube.com/embed/abc"></iframe>\n\n<video src="https://example.org/a.mp4" poster="https://img.example.org/p.jpg"></video>\n\n<audio src="https://example.org/a.mp3"></audio>\n\n<object data="https://example.org/x.pdf"></object>',
    "scripts": '<script>alert(1)</script><style>*{display:none}</style><form action="/x"><input name=a><button>Go</button></form><a href="javascript:alert(1)">click</a><img src=x onerror=alert(1)><svg onload=alert(1)><path/></svg>[x](javascript:alert(1))',
    "500 links": "\n".join(f"- [link number {n}](https://example.org/a/rather/long/path/of/page/{n}?utm=x&n={n})" for n in range(500)),
    "500 links that are one": "\n".join(f"- [link number {n}](https://example.org/one)" for n in range(500)),
    "bare links": f"See https://example.org/{'very-long-' * 30} and (https://example.org/a_(b)), www.example.org, mail@example.org.",
    "links of all kinds": "[a](b) [c](#d) [e](mailto:f@example.org) [g](tel:+43123) [h](//example.net/i) [j](/k) [l](http://m) [n](ftp://o) [p](<q r>) [s][t] ![u](v)\n\n[t]: https://example.org/t 'T'",
    "long words": f"{ENDLESS} {'x' * 500} `{'y' * 500}` **{'z' * 300}** [{'w' * 300}](https://example.org/{'v' * 300})",
    "10,000 words": "\n\n".join(["A sentence of some words that goes on for a while, and says nothing. " * 8] * 96),
    "one paragraph of 10,000 words": "A sentence of some words that goes on for a while, and says nothing. " * 770,
    "zalgo": f"{ZALGO} in a text, and {ZALGO * 60}.",
    "right to left": "نص بالعربية مع `code` و[رابط](https://example.org/ar) ثم English words.\n\n> اقتباس\n\n- بند\n- بند آخر",
    "right to left inside left to right": "An English text that quotes العربية and עברית, with (brackets) and 123 in «كلام (عربي) 456».\n\n<div dir=\"rtl\">كتلة كاملة من اليمين</div>",
    "overrides of direction": "Text \u202ewith override and \u2066 an isolate that never ends.",
    "scripts of the world": "日本語の文章です。改行はどこでもできます。 中文文字沒有空格。 한국어 문장입니다. ไทยไม่มีช่องว่างระหว่างคำในประโยคยาวๆ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍👩‍👧‍👦🏳️‍🌈",
    "control characters": "a\x00b\x07c\x1bd\x7fe\x85f\ufeffg\ufffeh\ufdd0i\ufdd1j\u2028k\u2029l\r\nm\rn",
    "template signs": "{{ config }} {% for x in y %}{{ x }}{% endfor %} ${a} <%= b %> {{{ c }}} {# d #} [[e]] %%f%%",
    "MJML": "<mjml><mj-body><mj-text>Not a template</mj-text></mj-body></mjml> <!--[if mso]><p>Outlook</p><![endif]-->",
    "entities": "&lt;b&gt; &amp;amp; &nbsp; &#0; &#x1F600; &copy; &unknown; &#xFDD0; &#8238;",
    "pictures of all kinds": '![](https://img.example.org/wide.jpg)\n\n<img src="https://img.example.org/w.jpg" width="3000" height="100">\n\n<img src="https://img.example.org/s.jpg" width="24" height="24"> small\n\n![x](http://img.example.org/h.jpg) ![y](data:image/png;base64,AAAA) ![z](a.svg) <img src="https://t.example.org/p.gif" width=1 height=1>',
    "rules": "---\n\nText\n\n***\n\n---\n\nMore\n\n---",
    "line breaks": "One  \ntwo\\\nthree<br>four<br/><br><br>five\n\n<br>\n\n&nbsp;\n\nsix",
    "marks": "~~gone~~ <ins>new</ins> <mark>marked</mark> H<sub>2</sub>O x<sup>2</sup> <kbd>Ctrl</kbd> <abbr title='x'>ab</abbr> <small>small</small> <q>said</q> <var>v</var> <u>u</u>",
    "mathematics": "Inline $x^2$ and $$\\int_0^1 f(x)\\,dx$$ and <math><mi>x</mi></math>.",
}  # fmt: skip

LONG = (
    "10,000 words",
    "one paragraph of 10,000 words",
    "a table of 3,000 cells",
    "a narrow table of 3,000 cells",
    "500 links",
)
