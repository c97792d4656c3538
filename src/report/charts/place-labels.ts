/**
 * @file Puts a label beside each point so that none covers another, a point or a line, at every width of the chart.
 *
 * A label's place is an offset in pixels from its point; where the points lie depends on the width, so that a place is
 * taken only if it is free in a narrow, a middling and a wide chart.
 */

/** `x` in per cent of the width, `y` in pixels. */
export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  /** Letters. */
  readonly length: number;
}

/** A level or upright line, in the same units. */
export interface Segment {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Of the label's middle from its point. */
export interface Offset {
  readonly dx: number;
  readonly dy: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const widths = [290, 460, 640, 760];
const halfHeight = 8;
const halfPoint = 7;

/** Around the point, nearest first: right, left, above, below, and further out between them. */
const directions: readonly (readonly [number, number])[] = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [0.8, -0.8],
  [-0.8, -0.8],
  [0.8, 0.8],
  [-0.8, 0.8],
];

export function placeLabels(points: readonly LabelledPoint[], lines: readonly Segment[], height: number): Offset[] {
  const placed: { point: LabelledPoint; offset: Offset }[] = [];
  return points.map((point) => {
    const half = halfWidth(point);
    const offsets = [1, 1.7, 2.5, 3.4, 4.5].flatMap((far) =>
      directions.map(([right, down]) => ({ dx: right * far * (half + 8), dy: down * far * 16 })),
    );
    const isFree = (offset: Offset): boolean =>
      widths.every((width) => {
        const box = labelBox(point, offset, width);
        if (box.left < 0 || box.right > width || box.top < 0 || box.bottom > height) return false;
        const others = [
          ...placed.map((other) => labelBox(other.point, other.offset, width)),
          ...points.map((other) => pointBox(other, width)),
          ...lines.map((line) => lineBox(line, width)),
        ];
        return others.every((other) => !overlaps(box, other));
      });
    const offset = offsets.find(isFree) ?? offsets[0]!;
    placed.push({ point, offset });
    return offset;
  });
}

const halfWidth = ({ length }: LabelledPoint): number => 5 * length + 1;

function labelBox(point: LabelledPoint, { dx, dy }: Offset, width: number): Box {
  const x = (point.x / 100) * width + dx;
  const half = halfWidth(point);
  return { left: x - half, right: x + half, top: point.y + dy - halfHeight, bottom: point.y + dy + halfHeight };
}

function pointBox({ x, y }: LabelledPoint, width: number): Box {
  const middle = (x / 100) * width;
  return { left: middle - halfPoint, right: middle + halfPoint, top: y - halfPoint, bottom: y + halfPoint };
}

function lineBox({ x1, y1, x2, y2 }: Segment, width: number): Box {
  const [left, right] = [(Math.min(x1, x2) / 100) * width, (Math.max(x1, x2) / 100) * width];
  return { left: left - 1, right: right + 1, top: Math.min(y1, y2) - 1, bottom: Math.max(y1, y2) + 1 };
}

const overlaps = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
