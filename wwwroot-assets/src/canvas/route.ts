// Ways of wires: orthogonal, out on the side that faces the target, around what stands in between where that is easy, with rounded corners.
import type { End, Point, Rect, Side } from './model';

const stub = 16;

/** The sides that two nodes look at each other with. Out at right or bottom, in at left or top; an outcome with a row of its own leaves at the right. */
export function facing(from: Rect, to: Rect, isRow: boolean): [Side, Side] {
  const room = to.x - (from.x + from.w);
  const below = to.y - (from.y + from.h);
  if (room >= stub || below < stub) {
    return ['right', 'left'];
  }

  return isRow ? ['right', 'top'] : ['bottom', 'top'];
}

/** Corners of the way between two ends. */
export function route(from: End, to: End, obstacles: (area: Rect) => Rect[] = () => [], lane = 0): Point[] {
  const ways = candidates(from, to, lane);
  let best = ways[0];
  let least = Infinity;
  for (const way of ways) {
    const hits = crossings(way, obstacles);
    if (hits.length === 0) {
      return tidy(way);
    }

    if (hits.length < least) {
      [best, least] = [way, hits.length];
    }
  }

  const around = detours(from, to, crossings(best, obstacles));
  for (const way of around) {
    const hits = crossings(way, obstacles).length;
    if (hits < least) {
      [best, least] = [way, hits];
    }
  }

  return tidy(best);
}

/** The `d` of a way, its corners rounded as far as there is room. */
export function path(points: Point[], radius = 8): string {
  if (points.length === 0) {
    return '';
  }

  let d = `M${n(points[0].x)} ${n(points[0].y)}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [before, at, after] = [points[i - 1], points[i], points[i + 1]];
    const r = Math.min(radius, distance(before, at) / 2, distance(at, after) / 2);
    const [a, b] = [toward(at, before, r), toward(at, after, r)];
    d += `L${n(a.x)} ${n(a.y)}Q${n(at.x)} ${n(at.y)} ${n(b.x)} ${n(b.y)}`;
  }

  const last = points[points.length - 1];
  return points.length === 1 ? d : `${d}L${n(last.x)} ${n(last.y)}`;
}

/** How far a point is from a way. */
export function distanceTo(points: Point[], at: Point): number {
  let least = Infinity;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
    const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((at.x - a.x) * (b.x - a.x) + (at.y - a.y) * (b.y - a.y)) / length));
    least = Math.min(least, Math.hypot(at.x - a.x - t * (b.x - a.x), at.y - a.y - t * (b.y - a.y)));
  }

  return least;
}

function candidates(from: End, to: End, lane: number): Point[][] {
  const [a, b] = [out(from), out(to)];
  if (from.side === 'right' && to.side === 'left') {
    if (to.x - from.x >= stub) {
      const room = to.x - from.x;
      const at = (x: number): Point[] => [from, { x, y: from.y }, { x, y: to.y }, to];
      const middle = from.x + room / 2 + (room > 64 ? lane : 0);
      return room <= 96 ? [at(middle)] : [at(middle), at(to.x - 28), at(from.x + 28)];
    }

    const y = Math.abs(from.y - to.y) > 96 ? (from.y + to.y) / 2 : Math.max(from.y, to.y) + 96;
    return [[from, a, { x: a.x, y }, { x: b.x, y }, b, to]];
  }

  if (from.side === 'bottom' && to.side === 'top') {
    const y = (from.y + to.y) / 2;
    return [[from, { x: from.x, y }, { x: to.x, y }, to]];
  }

  if (from.side === 'right' && to.side === 'top') {
    return to.x > from.x + stub
      ? [[from, { x: to.x, y: from.y }, to]]
      : [[from, a, { x: a.x, y: b.y }, b, to]];
  }

  if (from.side === 'bottom' && to.side === 'left') {
    return to.x > from.x + stub && to.y > from.y + stub
      ? [[from, { x: from.x, y: to.y }, to]]
      : [[from, a, { x: b.x, y: a.y }, b, to]];
  }

  return [[from, a, { x: a.x, y: b.y }, b, to]];
}

// Above or below what is in the way.
function detours(from: End, to: End, blocks: Rect[]): Point[][] {
  if (blocks.length === 0 || from.side !== 'right' || to.side !== 'left' || to.x - from.x < 3 * stub) {
    return [];
  }

  const [left, right] = [from.x + stub + 8, to.x - stub - 8];
  const over = Math.min(...blocks.map(block => block.y)) - stub;
  const under = Math.max(...blocks.map(block => block.y + block.h)) + stub;
  return [over, under]
    .sort((one, other) => Math.abs(one - from.y) + Math.abs(one - to.y) - Math.abs(other - from.y) - Math.abs(other - to.y))
    .map(y => [from, { x: left, y: from.y }, { x: left, y }, { x: right, y }, { x: right, y: to.y }, to]);
}

function crossings(way: Point[], obstacles: (area: Rect) => Rect[]): Rect[] {
  const hits = new Set<Rect>();
  for (let i = 1; i < way.length; i++) {
    const [a, b] = [way[i - 1], way[i]];
    obstacles({ x: Math.min(a.x, b.x) + 0.5, y: Math.min(a.y, b.y) + 0.5, w: Math.abs(a.x - b.x), h: Math.abs(a.y - b.y) }).forEach(rect => hits.add(rect));
  }

  return [...hits];
}

const out = (end: End): Point => ({
  x: end.x + (end.side === 'right' ? stub : end.side === 'left' ? -stub : 0),
  y: end.y + (end.side === 'bottom' ? stub : end.side === 'top' ? -stub : 0),
});

// Without points that change nothing.
function tidy(points: Point[]): Point[] {
  return points.filter((point, i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    return !before || !after || !((before.x === point.x && point.x === after.x) || (before.y === point.y && point.y === after.y));
  }).map(({ x, y }) => ({ x, y }));
}

const n = (value: number): number => Math.round(value * 10) / 10;
const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function toward(from: Point, to: Point, by: number): Point {
  const length = distance(from, to);
  return length === 0 ? from : { x: from.x + (to.x - from.x) * by / length, y: from.y + (to.y - from.y) * by / length };
}
