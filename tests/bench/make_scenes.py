#!/usr/bin/env python3
"""make_scenes.py DIRECTORY COUNT - COUNT colour scenes like a photo collection: sky, hills, ground or sea,
houses, trees, cars and boats, at any time of the day; JPEG and PNG mixed, of 200x150 to 640x360 pixels.  The same number gives
the same files.  Needs Pillow.
"""
import os
import random
import sys

from PIL import Image, ImageDraw, ImageFilter

# Of a sky: above, at the horizon, and the brightness.
SKIES = {"noon": ((70, 130, 210), (190, 220, 245), 1.0), "morning": ((120, 160, 210), (250, 215, 180), 0.9),
         "dusk": ((60, 50, 110), (245, 140, 70), 0.65), "overcast": ((150, 155, 165), (205, 208, 212), 0.8),
         "night": ((8, 12, 35), (40, 50, 85), 0.35)}
GROUNDS = {"grass": ((70, 120, 50), (110, 160, 70)), "sand": ((200, 170, 110), (230, 205, 150)), "snow": ((215, 222, 232), (245, 248, 252)),
           "field": ((170, 140, 60), (205, 180, 90)), "sea": ((25, 70, 110), (80, 140, 170))}
WALLS = [(235, 225, 205), (200, 90, 70), (240, 240, 235), (225, 190, 120), (150, 170, 190)]
ROOFS = [(140, 60, 45), (80, 75, 80), (110, 70, 50), (60, 80, 100)]
CARS = [(200, 30, 30), (30, 70, 180), (235, 235, 235), (30, 30, 35), (230, 190, 40), (60, 140, 80)]


def shade(colour, light, r, spread=12):
    return tuple(max(0, min(255, int(c * light + r.uniform(-spread, spread)))) for c in colour)


def mix(a, b, t):
    return tuple(int(x + (y - x) * t) for x, y in zip(a, b))


class Scene:
    """A picture being drawn, with its own random numbers."""

    def __init__(self, k):
        self.r = r = random.Random(k)
        self.w, self.h = r.choice([(200, 150), (320, 240), (400, 300), (640, 360), (480, 320), (300, 400)])
        self.image = Image.new("RGB", (self.w, self.h))
        self.draw = ImageDraw.Draw(self.image)
        self.time = r.choice(list(SKIES))
        self.light = SKIES[self.time][2] * r.uniform(0.9, 1.05)
        self.horizon = int(self.h * r.uniform(0.4, 0.68))

    def gradient(self, top, bottom, above, below):
        for y in range(top, bottom):
            self.draw.line([(0, y), (self.w, y)], fill=mix(above, below, (y - top) / max(1, bottom - top - 1)))

    def sky(self):
        r, w, h = self.r, self.w, self.h
        above, below, _ = SKIES[self.time]
        self.gradient(0, self.horizon, shade(above, 1, r), shade(below, 1, r))
        if self.time == "night":
            for _ in range(r.randrange(10, 50)):
                self.draw.point((r.randrange(w), r.randrange(self.horizon)), fill=(220, 220, 235))
        if self.time != "overcast" and r.random() < 0.6:
            x, y, s = r.randrange(w), r.randrange(int(self.horizon * 0.8) + 1), h * r.uniform(0.03, 0.07)
            self.draw.ellipse([x - s, y - s, x + s, y + s], fill=(235, 235, 240) if self.time == "night" else (255, 240, 190))
        clouds = Image.new("L", (w, h))
        pen = ImageDraw.Draw(clouds)
        for _ in range(r.randrange(0, 6) + 6 * (self.time == "overcast")):
            x, y, s = r.randrange(w), r.uniform(0, self.horizon * 0.8), w * r.uniform(0.04, 0.12)
            for _ in range(5):
                dx, dy = r.uniform(-1.5, 1.5) * s, r.uniform(-0.3, 0.3) * s
                pen.ellipse([x + dx - s, y + dy - s * 0.4, x + dx + s, y + dy + s * 0.4], fill=r.randrange(120, 220))
        white = Image.new("RGB", (w, h), shade((250, 245, 245), max(0.3, self.light), r))
        self.image.paste(white, mask=clouds.filter(ImageFilter.GaussianBlur(w * 0.015)))

    def hills(self):
        r, w = self.r, self.w
        for i in range(r.randrange(0, 3)):
            top = self.horizon - self.h * r.uniform(0.04, 0.25)
            points = [(0, self.horizon)]
            for x in range(0, w + 1, max(8, w // r.randrange(6, 25))):
                points.append((x, min(self.horizon, r.uniform(top, self.horizon))))
            self.draw.polygon(points + [(w, self.horizon)], fill=shade(mix((110, 125, 150), (60, 95, 60), i / 2), self.light, r))

    def ground(self):
        r, w, h = self.r, self.w, self.h
        self.kind = r.choice(list(GROUNDS))
        near, far = GROUNDS[self.kind]
        self.gradient(self.horizon, h, shade(far, self.light, r), shade(near, self.light, r))
        for _ in range(200):  # tufts, waves
            y = r.randrange(self.horizon, h)
            s = 1 + 12 * (y - self.horizon) / h
            x = r.randrange(w)
            self.draw.line([(x, y), (x + s * (3 if self.kind == "sea" else 0.7), y)], fill=shade(near, self.light * r.uniform(0.8, 1.2), r))
        if self.kind != "sea" and r.random() < 0.5:  # a road to the horizon
            x, end, width = r.uniform(0.2, 0.8) * w, r.uniform(0.1, 0.9) * w, w * r.uniform(0.12, 0.3)
            self.draw.polygon([(x - 2, self.horizon), (x + 2, self.horizon), (end + width, h), (end - width, h)],
                              fill=shade((95, 95, 100), self.light, r))

    def house(self, x, y, s):
        r, draw = self.r, self.draw
        wide, wall = s * r.uniform(0.9, 1.6), shade(r.choice(WALLS), self.light, r)
        draw.rectangle([x, y - s, x + wide, y], fill=wall)
        draw.polygon([(x - 0.1 * s, y - s), (x + wide / 2, y - s * r.uniform(1.4, 1.8)), (x + wide + 0.1 * s, y - s)],
                     fill=shade(r.choice(ROOFS), self.light, r))
        pane = (250, 220, 120) if self.light < 0.7 else shade((90, 110, 140), self.light, r)
        for i in range(r.randrange(1, 4)):
            left = x + wide * (0.12 + 0.3 * i)
            draw.rectangle([left, y - 0.75 * s, left + 0.18 * wide, y - 0.5 * s], fill=pane)
        draw.rectangle([x + wide * 0.42, y - 0.4 * s, x + wide * 0.6, y], fill=shade((100, 60, 40), self.light, r))

    def tree(self, x, y, s):
        r, draw = self.r, self.draw
        leaf = shade(r.choice([(40, 100, 40), (70, 130, 50), (30, 75, 45), (190, 110, 40)]), self.light, r)
        draw.rectangle([x - 0.06 * s, y - 0.5 * s, x + 0.06 * s, y], fill=shade((90, 65, 45), self.light, r))
        if r.random() < 0.5:
            for i in range(3):
                draw.polygon([(x - s * (0.45 - 0.1 * i), y - s * (0.3 + 0.35 * i)), (x, y - s * (0.9 + 0.3 * i)),
                              (x + s * (0.45 - 0.1 * i), y - s * (0.3 + 0.35 * i))], fill=leaf)
        else:
            for _ in range(7):
                dx, dy, q = r.uniform(-0.3, 0.3) * s, r.uniform(-1.2, -0.6) * s, s * r.uniform(0.15, 0.35)
                draw.ellipse([x + dx - q, y + dy - q, x + dx + q, y + dy + q], fill=leaf)

    def car(self, x, y, s):
        r, draw = self.r, self.draw
        paint = shade(r.choice(CARS), self.light, r)
        draw.rectangle([x, y - 0.35 * s, x + s, y - 0.1 * s], fill=paint)
        draw.polygon([(x + 0.2 * s, y - 0.35 * s), (x + 0.32 * s, y - 0.55 * s), (x + 0.7 * s, y - 0.55 * s), (x + 0.82 * s, y - 0.35 * s)],
                     fill=shade((120, 150, 175), self.light, r))
        for at in (0.22, 0.78):
            draw.ellipse([x + (at - 0.1) * s, y - 0.2 * s, x + (at + 0.1) * s, y], fill=(20, 20, 22))

    def boat(self, x, y, s):
        r, draw = self.r, self.draw
        draw.polygon([(x, y - 0.2 * s), (x + s, y - 0.2 * s), (x + 0.8 * s, y), (x + 0.2 * s, y)], fill=shade(r.choice(WALLS + CARS), self.light, r))
        draw.polygon([(x + 0.5 * s, y - 1.2 * s), (x + 0.5 * s, y - 0.25 * s), (x + 0.95 * s, y - 0.25 * s)], fill=shade((240, 240, 235), self.light, r))

    def objects(self):
        r = self.r
        kinds = [self.boat] if self.kind == "sea" else [self.house, self.tree, self.tree, self.car]
        for depth in sorted(r.random() for _ in range(r.randrange(1, 9))):  # far ones first
            y = self.horizon + depth * (self.h - self.horizon) * 0.9
            r.choice(kinds)(r.uniform(-0.1, 0.95) * self.w, y, self.h * (0.08 + 0.32 * depth) * r.uniform(0.7, 1.2))


def scene(k):
    s = Scene(k)
    for step in (s.sky, s.hills, s.ground, s.objects):
        step()
    return s.image.filter(ImageFilter.GaussianBlur(s.r.uniform(0.4, 1.0))), s.r


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    os.makedirs(folder, exist_ok=True)
    for k in range(count):
        image, r = scene(k)
        if k % 3 == 0:
            image.save("%s/%04d.png" % (folder, k))
        else:
            image.save("%s/%04d.jpg" % (folder, k), quality=r.randrange(60, 96), progressive=k % 4 == 0)


main()
