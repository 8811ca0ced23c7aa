// The whole flow, small: where the view is, and a way to move it.
import type { Graph } from './graph';
import type { Point, Rect } from './model';
import { inView, type View } from './viewport';

const pace = 150;

export class Minimap {
  private scale = 1;
  private shift: Point = { x: 0, y: 0 };
  private due = false;
  private drawn = 0;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly graph: Graph, private readonly view: () => View, private readonly size: () => { w: number; h: number }) {}

  /** Draws once in a while, however often it is asked to: it is small, and what it shows is large. */
  soon(): void {
    if (!this.due) {
      this.due = true;
      setTimeout(() => requestAnimationFrame(now => {
        this.due = false;
        this.drawn = now;
        this.draw();
      }), Math.max(0, pace - (performance.now() - this.drawn)));
    }
  }

  /** The point of the world under a point of the map. */
  at(x: number, y: number): Point {
    return { x: (x - this.shift.x) / this.scale, y: (y - this.shift.y) / this.scale };
  }

  private draw(): void {
    const [width, height] = [this.canvas.clientWidth || 168, this.canvas.clientHeight || 100];
    const ratio = devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * ratio)) {
      [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    }

    const paint = this.canvas.getContext('2d');
    if (!paint) {
      return;
    }

    const seen = inView(this.view(), this.size());
    const all = union(this.graph.bounds(), seen);
    // Where all is seen there is nothing to look for: the page may take the map away.
    this.canvas.toggleAttribute('data-whole', all.w <= seen.w && all.h <= seen.h);
    this.scale = Math.min((width - 16) / all.w, (height - 16) / all.h);
    this.shift = { x: (width - all.w * this.scale) / 2 - all.x * this.scale, y: (height - all.h * this.scale) / 2 - all.y * this.scale };
    const look = getComputedStyle(this.canvas);
    const colour = (name: string) => look.getPropertyValue(name).trim();
    const moods: Record<string, string> = { now: colour('--accent'), waits: colour('--p-choice'), off: colour('--border-strong'), added: colour('--ok'), changed: colour('--warn'), removed: colour('--danger') };
    const plain = colour('--text-disabled');
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint.clearRect(0, 0, width, height);
    for (const [id, rect] of this.graph.rects) {
      const node = this.graph.nodes.get(id)!;
      const [x, y, w, h] = [rect.x * this.scale + this.shift.x, rect.y * this.scale + this.shift.y, Math.max(2, rect.w * this.scale), Math.max(2, rect.h * this.scale)];
      paint.beginPath();
      paint.roundRect(x, y, w, h, Math.min(2, h / 3));
      if (node.kind === 'card') {
        paint.fillStyle = moods[node.mood ?? ''] ?? plain;
        paint.fill();
      } else {
        paint.strokeStyle = colour('--border-strong');
        paint.stroke();
      }
    }

    paint.strokeStyle = colour('--text-3');
    paint.lineWidth = 1.5;
    paint.beginPath();
    paint.roundRect(seen.x * this.scale + this.shift.x, seen.y * this.scale + this.shift.y, seen.w * this.scale, seen.h * this.scale, 3);
    paint.stroke();
  }
}

function union(one: Rect | null, other: Rect): Rect {
  if (!one) {
    return other;
  }

  const [x, y] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
  return { x, y, w: Math.max(one.x + one.w, other.x + other.w) - x, h: Math.max(one.y + one.h, other.y + other.h) - y };
}
