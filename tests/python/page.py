"""page.py PAGE... - fails unless each page is valid, self-contained and below 2 MB, and says why.

A page has to be XML as well as HTML: the first parser is strict about nesting, quotes and entities,
the second parses as browsers do.  An outside address is anything that could make a browser send a request:
a link, a source that is not a data: URL, a url() or @import in a style, a script, an event.
"""
import base64
import html.parser
import re
import struct
import sys
import xml.dom.minidom
import zlib

VOID = {"meta", "img", "br"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.refers, self.problems = [], set(), [], []
        self.images, self.counts, self.style = [], {}, ""

    def handle_starttag(self, tag, attrs):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        if tag not in VOID:
            self.open.append(tag)
        values = dict(attrs)
        if len(values) != len(attrs):
            self.problems.append("an attribute twice in <%s>" % tag)
        if tag in ("script", "link", "iframe", "object", "embed", "form", "base", "a", "video", "audio"):
            self.problems.append("a <%s>" % tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("href", "srcset", "action", "xlink:href"):
                self.problems.append("%s=%s" % (name, value))
            if name == "style":
                self.style += value
        if "id" in values:
            if values["id"] in self.ids:
                self.problems.append("the id %s twice" % values["id"])
            self.ids.add(values["id"])
        self.refers += values.get("aria-labelledby", "").split()
        if tag == "img":
            if not values.get("alt"):
                self.problems.append("a picture without alt text")
            self.images.append(values.get("src", ""))
        if tag == "svg" and values.get("role") != "img":
            self.problems.append("a chart without a role")

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.problems.append("</%s> closes something else" % tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data


def check_png(data):
    """Parse the chunks; return an animation's number of frames, 1 for a picture."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "no PNG"
    at, kinds, frames, numbers, pixels = 8, [], 1, [], {}
    while at < len(data):
        (n,) = struct.unpack(">I", data[at:at + 4])
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + n]
        (crc,) = struct.unpack(">I", data[at + 8 + n:at + 12 + n])
        assert crc == zlib.crc32(kind + body), "a checksum of %s" % kind
        kinds.append(kind)
        if kind == b"acTL":
            frames, plays = struct.unpack(">II", body)
            assert plays == 0
        if kind in (b"fcTL", b"fdAT"):
            numbers.append(struct.unpack(">I", body[:4])[0])
        if kind == b"IDAT":
            pixels.setdefault(0, b"")
            pixels[0] += body
        if kind == b"fdAT":
            frame = kinds.count(b"fcTL") - 1
            pixels[frame] = pixels.get(frame, b"") + body[4:]
        at += 12 + n
    assert at == len(data) and kinds[0] == b"IHDR" and kinds[-1] == b"IEND"
    assert numbers == list(range(len(numbers))), "frames out of order"
    assert len(pixels) == frames and kinds.count(b"fcTL") in ({frames} if frames > 1 else {0, 1})
    for frame in pixels.values():
        zlib.decompress(frame)
    return frames


def check(path):
    text = open(path, encoding="utf-8").read()
    assert len(text.encode()) <= 2000000, "%d bytes" % len(text.encode())
    xml.dom.minidom.parseString(text.encode())
    page = Page()
    page.feed(text)
    page.close()
    assert not page.problems, "; ".join(page.problems)
    assert not page.open, "%s left open" % page.open
    assert set(page.refers) <= page.ids, "a reference to a missing id"
    assert not re.search(r"url\(|@import|expression", page.style), "a style with an address"
    # Anything left that looks like an address has to be a host's text.
    markup = re.sub(r">[^<]*<", "><", re.sub(r'src="data:image/png;base64,[A-Za-z0-9+/=]*"', "", text))
    assert not re.search(r"https?:|//", markup), "an address outside"
    assert page.counts["h1"] == 1 and page.counts.get("svg", 0) == page.counts.get("desc", 0)
    frames = 0
    for source in page.images:
        head = "data:image/png;base64,"
        assert source.startswith(head), "a picture from outside"
        frames = max(frames, check_png(base64.b64decode(source[len(head):], validate=True)))
    print("%s: %d bytes, %d charts, %d pictures, %d frames" %
          (path, len(text.encode()), page.counts.get("svg", 0), len(page.images), frames))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        try:
            check(name)
        except Exception as why:
            sys.exit("%s: %s: %s" % (name, type(why).__name__, why))
