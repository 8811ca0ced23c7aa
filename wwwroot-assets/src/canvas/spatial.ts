// Finds what lies where: squares of the world, each with the ids of what touches it.
import type { Rect } from './model';

const cell = 512;

export const overlaps = (a: Rect, b: Rect): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** True where the second is wholly in the first. */
export const contains = (a: Rect, b: Rect): boolean => a.x <= b.x && a.y <= b.y && a.x + a.w >= b.x + b.w && a.y + a.h >= b.y + b.h;

export class SpatialIndex {
  private readonly cells = new Map<string, Set<string>>();
  private readonly rects = new Map<string, Rect>();

  set(id: string, rect: Rect): void {
    const before = this.rects.get(id);
    if (before) {
      if (before.x === rect.x && before.y === rect.y && before.w === rect.w && before.h === rect.h) {
        return;
      }

      this.each(before, key => this.cells.get(key)?.delete(id));
    }

    this.rects.set(id, { ...rect });
    this.each(rect, key => {
      const there = this.cells.get(key);
      if (there) {
        there.add(id);
      } else {
        this.cells.set(key, new Set([id]));
      }
    });
  }

  delete(id: string): void {
    const rect = this.rects.get(id);
    if (rect) {
      this.each(rect, key => this.cells.get(key)?.delete(id));
      this.rects.delete(id);
    }
  }

  /** Ids of what overlaps an area, in the order that they came. */
  in(area: Rect): string[] {
    const found = new Set<string>();
    this.each(area, key => this.cells.get(key)?.forEach(id => {
      if (!found.has(id) && overlaps(this.rects.get(id)!, area)) {
        found.add(id);
      }
    }));
    return [...found];
  }

  private each(rect: Rect, act: (key: string) => void): void {
    for (let x = Math.floor(rect.x / cell); x <= Math.floor((rect.x + rect.w) / cell); x++) {
      for (let y = Math.floor(rect.y / cell); y <= Math.floor((rect.y + rect.h) / cell); y++) {
        act(`${x},${y}`);
      }
    }
  }
}
