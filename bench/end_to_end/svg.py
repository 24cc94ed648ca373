"""Line plots as SVG, drawn without a library: a few series of points, linear or logarithmic x."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 170, 40, 50
COLOURS = ["#1f6feb", "#d1242f", "#1a7f37", "#8250df", "#bf8700"]


def nice_step(span, count=5):
    """A round distance that divides `span` into about `count` parts."""
    raw = span / count
    power = 10 ** math.floor(math.log10(raw))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= raw)


def short(number):
    """1500000 as 1.5M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:g}{unit}"
    return f"{number:g}"


class Plot:
    """lines: name -> [(x, y), …], x ascending. The y axis begins at 0."""

    def __init__(self, title, x_label, y_label, lines, log_x=False):
        self.title, self.x_label, self.y_label = title, x_label, y_label
        self.lines, self.log_x = lines, log_x
        xs = [x for points in lines.values() for x, _ in points] or [0]
        self.x_ticks = sorted(set(xs))
        self.x_min, self.x_max = min(xs), max(xs)
        highest = max((y for points in lines.values() for _, y in points), default=1) or 1
        self.y_step = nice_step(highest)
        self.y_max = math.ceil(highest / self.y_step) * self.y_step

    def has_points(self):
        return any(self.lines.values())

    def x(self, value):
        if self.x_max == self.x_min:
            return LEFT
        if self.log_x:
            part = math.log(value / self.x_min) / math.log(self.x_max / self.x_min)
        else:
            part = (value - self.x_min) / (self.x_max - self.x_min)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return HEIGHT - BOTTOM - value / self.y_max * (HEIGHT - TOP - BOTTOM)

    def text(self, x, y, text, anchor="middle", more=""):
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(text)}</text>'

    def axes(self):
        y = 0.0
        while y <= self.y_max * 1.0001:
            yield (f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(y):.1f}" '
                   f'y2="{self.y(y):.1f}" stroke="#d0d7de"/>')
            yield self.text(LEFT - 8, self.y(y) + 4, short(y), "end")
            y += self.y_step
        for x in self.x_ticks:
            yield self.text(self.x(x), HEIGHT - BOTTOM + 18, short(x))
        yield self.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, self.x_label)
        yield self.text(0, 0, self.y_label,
                        more=f'transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)"')
        yield self.text((LEFT + WIDTH - RIGHT) / 2, 22, self.title, more='font-weight="bold"')

    def curves(self):
        for i, (name, points) in enumerate(self.lines.items()):
            colour = COLOURS[i % len(COLOURS)]
            path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
            yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
            for x, y in points:
                yield f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="3" fill="{colour}"/>'
            yield self.text(WIDTH - RIGHT + 12, TOP + 18 * (i + 1), name, "start",
                            f'fill="{colour}"')

    def svg(self):
        body = "\n".join([*self.axes(), *self.curves()])
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
                f'font-family="sans-serif" font-size="12">\n'
                f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{body}\n</svg>\n')
