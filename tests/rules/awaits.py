#!/usr/bin/env python3
"""Finds the await expressions that g++ 12 miscompiles (ARCHITECTURE.md, "Coroutines"): in a statement with co_await no
braces-initialised temporary, no lambda, no `?:`. And finds lambda coroutines that capture."""
import re

from house import finish, line_of, shown, sources, without_comments


def matching(code, position, open_, close):
    depth = 0
    for index in range(position, len(code)):
        if code[index] == open_:
            depth += 1
        elif code[index] == close:
            depth -= 1
            if depth == 0:
                return index
    return len(code)


def statement_end(code, position):
    """Where the expression with this co_await ends: at `;`, or at the parenthesis that closes an if, a loop or a
    macro around it."""
    depth = 0
    for index in range(position, len(code)):
        if code[index] in "([":
            depth += 1
        elif code[index] in ")]":
            depth -= 1
            if depth < 0:
                return index
        elif code[index] == ";":
            return index
        elif code[index] == "{" and depth == 0:
            # A braced temporary at the top of the expression, or the body of what follows an operator.
            return index + 1
    return len(code)


def complaint(code, match):
    end = statement_end(code, match.end())
    after = code[match.end():end]
    start = max(code.rfind(c, 0, match.start()) for c in ";{}")
    before = code[start + 1:match.start()]
    if start >= 0 and code[start] == "{":
        lead = code[:start].rstrip()
        if lead and re.search(r"[\w>=(,]$", lead) and not re.search(r"\b(else|do|try|const|noexcept|override|mutable)$",
                                                                    lead) and not re.search(r"->[^;{}()]*$", lead):
            return "a braced temporary around co_await"
    if re.search(r"(?<![\w\])])\[[^\[]", after):
        return "a lambda in a statement with co_await"
    if "{" in after:
        return "a braced temporary in a statement with co_await"
    if "?" in after or "?" in before:
        return "`?:` in a statement with co_await"
    return None


LAMBDA = re.compile(r"(?<![\w\])])\[([^\[\]]*)\]\s*(?:\((?:[^()]|\([^()]*\))*\))?\s*(?:mutable|noexcept)?\s*"
                    r"(?:->[^{};]+)?\{")
violations, checked = [], 0
for path in sources():
    text = path.read_text()
    if "co_" not in text:
        continue
    code = without_comments(text)
    for match in re.finditer(r"\bco_(?:await|yield)\b", code):
        checked += 1
        what = complaint(code, match)
        if what and "#define" not in code[code.rfind("\n", 0, match.start()) + 1:match.start()]:
            violations.append(f"{shown(path)}:{line_of(code, match.start())}: {what}; name the argument on the line before")
    for match in LAMBDA.finditer(code):
        body = code[match.end():matching(code, match.end() - 1, "{", "}")]
        if match.group(1).strip() and re.search(r"\bco_(await|return|yield)\b", body):
            violations.append(f"{shown(path)}:{line_of(code, match.start())}: a lambda coroutine that captures")
finish(violations, checked)
