"""Boxes and curves, in pixels: the little geometry that a lifecycle's picture needs."""

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """Its middle."""
        return self.left + self.width / 2, self.top + self.height / 2

    @property
    def right(self) -> float:
        """Its right side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.top + self.height

    def holds(self, point: Point, margin: float = 0.0) -> bool:
        """Whether `point` lies inside, or nearer than `margin`."""
        x, y = point
        return self.left - margin < x < self.right + margin and self.top - margin < y < self.bottom + margin

    def meets(self, other: "Box", margin: float = 0.0) -> bool:
        """Whether the two overlap, or come nearer than `margin`."""
        across = self.left < other.right + margin and other.left < self.right + margin
        return across and self.top < other.bottom + margin and other.top < self.bottom + margin


@dataclass(frozen=True, slots=True)
class Curve:
    """A quadratic Bézier curve."""

    start: Point
    control: Point
    end: Point

    def at(self, t: float) -> Point:
        """The point at `t`, from 0 to 1."""
        a, b, c = (1 - t) * (1 - t), 2 * t * (1 - t), t * t
        (x0, y0), (x1, y1), (x2, y2) = self.start, self.control, self.end
        return a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2

    def between(self, t0: float, t1: float) -> "Curve":
        """The part of the curve from `t0` to `t1`."""
        x, y = (
            (1 - t0) * (1 - t1) * p + ((1 - t0) * t1 + t0 * (1 - t1)) * q + t0 * t1 * r
            for p, q, r in zip(self.start, self.control, self.end, strict=True)
        )
        return Curve(self.at(t0), (x, y), self.at(t1))

    def clip(self, origin: Box, target: Box) -> "Curve":
        """The part of a curve between two centres that lies between their boxes, less room for the arrow's head."""
        steps = [step / 40 for step in range(41)]
        leaves = next((t for t in steps if not origin.holds(self.at(t))), 0.0)
        enters = next((t for t in reversed(steps) if not target.holds(self.at(t), 3)), 1.0)
        leaves = self._border(origin, leaves - 1 / 40, leaves, 0.0)
        enters = self._border(target, enters + 1 / 40, enters, 3.0)
        return self.between(leaves, max(enters, leaves))

    def _border(self, box: Box, inside: float, outside: float, margin: float) -> float:
        """Where the curve leaves `box`, between a place inside and one outside."""
        for _ in range(8):
            middle = (inside + outside) / 2
            if box.holds(self.at(middle), margin):
                inside = middle
            else:
                outside = middle
        return outside
