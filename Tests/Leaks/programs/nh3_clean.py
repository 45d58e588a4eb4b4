"""HTML that is cleaned, again and again: a healthy call, of which nh3 0.2.18 keeps the result."""
import sys

import nh3

page = "<p>" + "<b>word</b> and <a href='http://example.org/?a=1&b=2'>a link</a> " * 200 + "</p>"


def clean():
    return len(nh3.clean(page))


for count in sys.stdin:
    for _ in range(int(count)):
        clean()
    print("done", flush=True)
