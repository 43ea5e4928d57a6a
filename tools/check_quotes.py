#!/usr/bin/env python3
"""Code in docs/*.md that is quoted from programs is what the programs say. --write puts it right.

A quote is a block of code behind `<!-- quote FILE: NAME -->`; in FILE it stands between `// [quote: NAME]` and `// [/quote]`.
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUOTE = re.compile(r"(<!-- quote (\S+): (.+?) -->\n```cpp\n)(.*?)(```\n)", re.S)


def passage(path, name):
    source = (ROOT / path).read_text()
    found = re.findall(rf"^[ \t]*// \[quote: {re.escape(name)}\]\n(.*?)^[ \t]*// \[/quote\]\n", source, re.S | re.M)
    if len(found) != 1:
        sys.exit(f"error: {path} has {len(found)} passages named {name}")
    return textwrap.dedent(found[0])


def main():
    stale, count = [], 0
    for document in sorted((ROOT / "docs").rglob("*.md")):
        text = document.read_text()
        fresh = QUOTE.sub(lambda m: m[1] + passage(m[2], m[3]) + m[5], text)
        count += len(QUOTE.findall(text))
        if fresh != text:
            stale.append(document)
            if "--write" in sys.argv:
                document.write_text(fresh)
    if "--write" not in sys.argv:
        for document in stale:
            print(f"error: {document.relative_to(ROOT)} quotes what is not there: tools/check_quotes.py --write", file=sys.stderr)
    print(f"quotes: {count}")
    return 1 if stale and "--write" not in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
