"""The lexer of HCL native syntax: a text in, every token with its exact place out.

The rules are those of HashiCorp's own scanner (`hclsyntax/scan_tokens.rl`): what it refuses is refused here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from paybot_ops.core.hcl.values import BOM, HclSyntaxError, Positions

# Kinds of tokens; an operator or bracket is its own kind. They are also the words that messages use.
NAME = "a name"
NUMBER = "a number"
STRING = "a string"  # a whole quoted string without an escape or a template sequence: nearly all of them
OPEN_QUOTE = "an opening quote"
CLOSE_QUOTE = "a closing quote"
OPEN_HEREDOC = "a heredoc"
CLOSE_HEREDOC = "the end of a heredoc"
TEXT = "text"
INTERPOLATION = "${"
DIRECTIVE = "%{"
END_SEQUENCE = "the end of a template sequence"
NEWLINE = "the end of the line"
END = "the end of the file"

# All letters beyond ASCII match here, and `_name_length` then looks at each. Written as what is left out, because a
# set that spans Unicode takes 10 ms to compile.
_NAME = r"[^\x00-@\[-^`{-\x7f][^\x00-,./:-@\[-^`{-\x7f]*+"
_CODE = re.compile(
    rf"""[ \t]*+(?:
      (?P<name>{_NAME})
    | (?P<newline>\r?\n)
    | (?P<comment>(?:\#|//)[^\n]*+\n?)
    | (?P<inline_comment>/\*(?s:.*?)\*/)
    | (?P<open_comment>/\*)
    | (?P<string>"[^"\\$%\r\n]*+")
    | (?P<quote>")
    | (?P<number>[0-9](?:(?:[0-9.]|[eE][+-]?[0-9])*(?:[0-9]|[eE][+-]?[0-9]))?)
    | (?P<heredoc><<-?{_NAME}\r?\n)
    | (?P<close>~?\}})
    | (?P<operator>=>|==|!=|>=|<=|&&|\|\||::|\.\.\.|[\[\]().,*/%+\-=<>!?:{{])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_QUOTED = re.compile(
    r"""(?P<text>(?:\\[^\r\n]|[^\\$%"\r\n]++|\$\$\{|%%\{|\$(?!\{)|%(?!\{))++)
    | (?P<sequence>[$%]\{~?)
    | (?P<close>")""",
    re.VERBOSE,
)
_HEREDOC = re.compile(
    r"""(?P<line>[^$%\r\n]*+\r?\n)
    | (?P<text>[^$%\r\n]++|\$\$\{|%%\{|\$(?!\{)|%(?!\{))
    | (?P<sequence>[$%]\{~?)""",
    re.VERBOSE,
)
# Unicode White_Space without the line ends: what may stand around a heredoc's closing marker.
_BLANKS = " \t\v\f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_REFUSED = {
    "&": 'a single "&" is not an operator',
    "|": 'a single "|" is not an operator',
    "~": '"~" is not an operator',
    "^": '"^" is not an operator',
    ";": '";" separates nothing: use a new line',
    "`": "a backtick quotes nothing: use double quotes",
    "'": "single quotes are not used: use double quotes",
    "\r": "a carriage return without a line feed",
    "“": "curly quotes are not used: use straight double quotes",
    "”": "curly quotes are not used: use straight double quotes",
}


class Token(NamedTuple):
    """A token: its kind and the half-open range of characters that it covers."""

    kind: str
    start: int
    end: int


def scan(text: str, positions: Positions) -> list[Token]:
    """All tokens of a text, without comments (a line comment counts as the end of its line), `END` last.

    Raises `HclSyntaxError` for a character, string, heredoc or comment that the language does not allow.
    """
    return _Scanner(text, positions).scan()


@dataclass(slots=True)
class _Mode:
    """Where the scanner is: in code (with its open braces), in a quoted string or in a heredoc."""

    name: str
    opened: int
    braces: int = 0
    marker: str = ""
    at_line_start: bool = True


class _Scanner:
    def __init__(self, text: str, positions: Positions) -> None:
        self._text = text
        self._positions = positions
        self._place = len(BOM) if text.startswith(BOM) else 0
        self._tokens: list[Token] = []
        self._modes = [_Mode("code", self._place)]

    def scan(self) -> list[Token]:
        size = len(self._text)
        steps = {"code": self._code, "string": self._quoted, "heredoc": self._heredoc}
        while self._place < size:
            mode = self._modes[-1]
            steps[mode.name](mode)
        if len(self._modes) > 1:
            mode = self._modes[-1]
            what = "template sequence" if mode.name == "code" else mode.name
            raise self._positions.error(mode.opened, f"this {what} is not closed before the end of the file")
        self._tokens.append(Token(END, size, size))
        return self._tokens

    def _code(self, mode: _Mode) -> None:
        """Reads until the file ends or the mode changes: the loop that most characters pass through."""
        text, add, place = self._text, self._tokens.append, self._place
        while found := _CODE.match(text, place):
            kind = found.lastgroup or ""
            start, place = found.span(kind)
            if kind == "name":
                word = found[kind]
                if not word.isascii():
                    place = start + self._name_length(word, start)
                add(Token(NAME, start, place))
            elif kind == "operator":
                symbol = found[kind]
                if symbol == "{":
                    mode.braces += 1
                add(Token(symbol, start, place))
            elif kind == "newline" or (kind == "comment" and text[place - 1] == "\n"):
                add(Token(NEWLINE, start, place))
            elif kind == "string":
                add(Token(STRING, start, place))
            elif kind == "number":
                add(Token(NUMBER, start, place))
            elif kind == "close":
                if self._close_brace(mode, start, place):
                    return
            elif kind in {"quote", "heredoc"}:
                self._place = place
                self._open_template(kind, start, place)
                return
            elif kind == "open_comment":
                raise self._positions.error(start, "this comment is not closed before the end of the file")
            elif kind == "end":
                self._place = place
                return
        raise self._refuse(place)

    def _close_brace(self, mode: _Mode, start: int, end: int) -> bool:
        """Takes a closing brace; true when it ends a template sequence, and with it the mode."""
        if mode.braces == 0 and len(self._modes) > 1:
            self._tokens.append(Token(END_SEQUENCE, start, end))
            self._modes.pop()
            self._place = end
            return True
        if self._text[start] == "~":
            raise self._positions.error(start, '"~}" closes only a template sequence')
        mode.braces -= 1
        self._tokens.append(Token("}", start, end))
        return False

    def _open_template(self, kind: str, start: int, end: int) -> None:
        if kind == "quote":
            self._tokens.append(Token(OPEN_QUOTE, start, end))
            self._modes.append(_Mode("string", start))
            return
        marker = self._text[start:end].rstrip("\r\n").lstrip("<").removeprefix("-")
        if self._name_length(marker, start) != len(marker):
            raise self._positions.error(start, "a heredoc's marker must be a name")
        self._tokens.append(Token(OPEN_HEREDOC, start, end))
        self._modes.append(_Mode("heredoc", start, marker=marker))

    def _quoted(self, mode: _Mode) -> None:
        found = _QUOTED.match(self._text, self._place)
        if found is None:
            if self._text[self._place] in "\r\n" or self._text[self._place + 1 : self._place + 2] in ("\r", "\n"):
                raise self._positions.error(mode.opened, "a quoted string must end on the line where it starts")
            raise self._positions.error(mode.opened, "this string is not closed before the end of the file")
        start, self._place = found.span()
        if found.lastgroup == "text":
            self._tokens.append(Token(TEXT, start, self._place))
        elif found.lastgroup == "close":
            self._tokens.append(Token(CLOSE_QUOTE, start, self._place))
            self._modes.pop()
        else:
            self._open_sequence(start)

    def _heredoc(self, mode: _Mode) -> None:
        if mode.at_line_start and self._close_heredoc(mode):
            return
        found = _HEREDOC.match(self._text, self._place)
        if found is None:
            raise self._refuse(self._place)
        start, self._place = found.span()
        mode.at_line_start = found.lastgroup == "line"
        if found.lastgroup == "sequence":
            self._open_sequence(start)
        else:
            self._tokens.append(Token(TEXT, start, self._place))

    def _close_heredoc(self, mode: _Mode) -> bool:
        """Ends the heredoc when the line holds its marker alone; a last line without a line end does not count."""
        end = self._text.find("\n", self._place)
        if end < 0:
            return False
        line_end = end - 1 if self._text[end - 1] == "\r" else end
        if self._text[self._place : line_end].strip(_BLANKS) != mode.marker:
            return False
        self._tokens.append(Token(CLOSE_HEREDOC, self._place, line_end))
        self._tokens.append(Token(NEWLINE, line_end, end + 1))
        self._modes.pop()
        self._place = end + 1
        return True

    def _open_sequence(self, start: int) -> None:
        self._tokens.append(Token(INTERPOLATION if self._text[start] == "$" else DIRECTIVE, start, self._place))
        self._modes.append(_Mode("code", start))

    def _name_length(self, word: str, start: int) -> int:
        """How many characters of a word with letters beyond ASCII belong to the name."""
        if not word[0].isidentifier():
            raise self._refuse(start)
        for index, letter in enumerate(word):
            if letter != "-" and not ("a" + letter).isidentifier():
                return index
        return len(word)

    def _refuse(self, place: int) -> HclSyntaxError:
        while self._text[place] in " \t":
            place += 1
        rule = _REFUSED.get(self._text[place], "this character has no meaning here")
        return self._positions.error(place, rule)
