// Where something that is dragged comes to rest: on the grid, or in line with what is near.
import { grid, type Rect } from './model';

export interface Guide {
  axis: 'x' | 'y';
  at: number;
  from: number;
  to: number;
}

export interface Snapped {
  dx: number;
  dy: number;
  guides: Guide[];
}

/**
 * The shift that brings a rectangle into line with others, as far as one is within reach; otherwise that to the grid.
 * @param reach In pixels of the world.
 */
export function snap(moving: Rect, others: Rect[], reach = 6): Snapped {
  const x = nearest([moving.x, moving.x + moving.w / 2, moving.x + moving.w], others.map(one => [one.x, one.x + one.w / 2, one.x + one.w]), reach);
  const y = nearest([moving.y, moving.y + moving.h / 2, moving.y + moving.h], others.map(one => [one.y, one.y + one.h / 2, one.y + one.h]), reach);
  const dx = x?.shift ?? Math.round(moving.x / grid) * grid - moving.x;
  const dy = y?.shift ?? Math.round(moving.y / grid) * grid - moving.y;
  const guides: Guide[] = [];
  if (x) {
    const other = others[x.other];
    guides.push({ axis: 'x', at: x.at, from: Math.min(moving.y + dy, other.y), to: Math.max(moving.y + dy + moving.h, other.y + other.h) });
  }

  if (y) {
    const other = others[y.other];
    guides.push({ axis: 'y', at: y.at, from: Math.min(moving.x + dx, other.x), to: Math.max(moving.x + dx + moving.w, other.x + other.w) });
  }

  return { dx, dy, guides };
}

// Edges line up with edges, middles with middles.
function nearest(own: number[], others: number[][], reach: number): { shift: number; at: number; other: number } | null {
  let best: { shift: number; at: number; other: number } | null = null;
  others.forEach((lines, other) => lines.forEach((line, i) => own.forEach((mine, j) => {
    const shift = line - mine;
    if ((i === 1) === (j === 1) && Math.abs(shift) <= reach && (best === null || Math.abs(shift) < Math.abs(best.shift))) {
      best = { shift, at: line, other };
    }
  })));
  return best;
}
