"""Reads scenario files: lines into statements, statements into words and fields. README.md describes the language."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

# Why a scenario is not for Kea 2.2: how the statement starts.
NOT_FOR_KEA_2_2 = ("needs kea 3", "unlike kea")
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|,|[^\s,"]+')


class Wrong(Exception):
    """A mistake in a scenario, or an expectation that was not met: where, and what."""

    def __init__(self, place, text):
        super().__init__(f"{place}: {text}")


class Quoted(str):
    """A word that stood in quotes: text, whatever it looks like."""


@dataclass
class Statement:
    """A line with its continuation lines, which are indented further."""

    place: str
    text: str
    more: list = field(default_factory=list)

    def words(self, continued=True):
        lines = [self.text, *(text for _, text in self.more)] if continued else [self.text]
        return Words(self.place, [token for line in lines for token in tokens(line)])


@dataclass
class Scenario:
    name: str
    place: str
    statements: list
    pending: str = ""
    not_for_kea_2_2: str = ""


class Words:
    """The words of a statement, taken one by one."""

    def __init__(self, place, words):
        self.place, self.rest = place, words

    def __bool__(self):
        return bool(self.rest)

    def next(self, what="a word"):
        if not self.rest:
            raise Wrong(self.place, f"{what} is missing at the end")
        return self.rest.pop(0)

    def take(self, *words):
        """Whether these words come next; if so, they are taken."""
        if [str(w) for w in self.rest[: len(words)]] != list(words):
            return False
        del self.rest[: len(words)]
        return True

    def items(self, what):
        """A value: a word, or several with commas between them."""
        found = [self.next(f"the value of {what}")]
        while self.take(","):
            found.append(self.next(f"the value of {what}"))
        return found

    def end(self):
        if self.rest:
            raise Wrong(self.place, f"what is `{' '.join(self.rest)}`?")


def tokens(text):
    def token(word):
        return Quoted(json.loads(word)) if word.startswith('"') else word

    return [token(word) for word in TOKEN.findall(text)]


def read(path, name):
    """The scenarios of a file. What stands before the first `scenario` belongs to each of them."""
    shared, scenarios, pending, not_for_kea_2_2 = [], [], "", ""
    for statement in statements(path, name):
        words = statement.words(continued=False)
        current = scenarios[-1] if scenarios else None
        said = statement.text.split(maxsplit=1)[1:]
        if words.take("scenario"):
            scenarios.append(Scenario("".join(said), statement.place, list(shared)))
            scenarios[-1].pending, scenarios[-1].not_for_kea_2_2 = pending, not_for_kea_2_2
        elif words.take("pending"):
            reason = "".join(said) or "no reason given"
            if current is None:
                pending = reason
            else:
                current.pending = reason
        elif statement.text.startswith(NOT_FOR_KEA_2_2):
            if current is None:
                not_for_kea_2_2 = statement.text
            else:
                current.not_for_kea_2_2 = statement.text
        elif current is None:
            shared.append(statement)
        else:
            current.statements.append(statement)
    return scenarios


def statements(path, name):
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = without_comment(line)
        if not text.strip():
            continue
        if not line[0].isspace():
            found.append(Statement(f"{name}:{number}", text.strip()))
        elif found:
            found[-1].more.append((number, text))
        else:
            raise Wrong(f"{name}:{number}", "the file begins with a continuation")
    return found


def without_comment(line):
    """A comment starts with # at the start of a line or behind a blank, outside of quotes."""
    quoted = False
    for at, char in enumerate(line):
        if char == '"' and line[at - 1 : at] != "\\":
            quoted = not quoted
        elif char == "#" and not quoted and (at == 0 or line[at - 1].isspace()):
            return line[:at]
    return line


def configuration(statement, base):
    """A configuration: whole, as JSON, or as changes to `base`."""
    text = "\n".join(line for _, line in statement.more)
    if text.lstrip().startswith("{"):
        return parse_json(statement.place, text)
    result = json.loads(json.dumps(base))
    lines = list(statement.more)
    while lines:
        number, line = lines.pop(0)
        place = f"{statement.place.rsplit(':', 1)[0]}:{number}"
        match = re.fullmatch(r"\s*([\w\[\].-]+)\s*(\+?=)\s*(.*)", line, re.S)
        if not match:
            raise Wrong(place, f"not `PATH = JSON` or `PATH += JSON`: {line.strip()}")
        value = match[3]
        while lines and not complete(value):
            value += "\n" + lines.pop(0)[1]
        change(result, match[1], match[2], parse_json(place, value), place)
    return result


def complete(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def parse_json(place, text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise Wrong(place, f"{error} in {text.strip()}") from None


def change(config, path, how, value, place):
    """Sets what a path names, or (`+=`) appends to the list that it names."""
    steps = [int(index) if index else key for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)]
    at = config
    for step, after in zip(steps, steps[1:] + [None]):
        last = after is None
        try:
            if last and how == "=":
                at[step] = value
            elif last:
                at.setdefault(step, []).append(value)
            elif isinstance(at, dict):
                at = at.setdefault(step, [] if isinstance(after, int) else {})
            else:
                at = at[step]
        except (IndexError, KeyError, TypeError, AttributeError):
            raise Wrong(place, f"there is no {path} to change") from None


def base(folder, name, place):
    path = Path(folder) / f"{name}.json"
    if not path.exists():
        raise Wrong(place, f"there is no {path.name} beside the scenario")
    return json.loads(path.read_text())
