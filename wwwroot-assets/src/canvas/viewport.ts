// Where the canvas is looked at: a screen point is world * zoom + offset.
import type { Point, Rect } from './model';

export interface View {
  x: number;
  y: number;
  zoom: number;
}

export const leastZoom = 0.1;
export const mostZoom = 2;

export const clampZoom = (zoom: number): number => Math.min(mostZoom, Math.max(leastZoom, zoom));

export const toWorld = (view: View, point: Point): Point => ({ x: (point.x - view.x) / view.zoom, y: (point.y - view.y) / view.zoom });

export const toScreen = (view: View, point: Point): Point => ({ x: point.x * view.zoom + view.x, y: point.y * view.zoom + view.y });

/** Zooms so that what is under a point of the screen stays under it. */
export function zoomAt(view: View, at: Point, factor: number): View {
  const zoom = clampZoom(view.zoom * factor);
  const scale = zoom / view.zoom;
  return { zoom, x: at.x - (at.x - view.x) * scale, y: at.y - (at.y - view.y) * scale };
}

/** Two fingers: what was between them stays between them. */
export function pinch(view: View, before: [Point, Point], now: [Point, Point]): View {
  const middle = ([a, b]: [Point, Point]): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const span = ([a, b]: [Point, Point]): number => Math.hypot(a.x - b.x, a.y - b.y);
  const [from, to] = [middle(before), middle(now)];
  const moved = { ...view, x: view.x + to.x - from.x, y: view.y + to.y - from.y };
  return zoomAt(moved, to, span(before) < 1 ? 1 : span(now) / span(before));
}

/** Shows all of a part of the world, no larger than life. */
export function fit(bounds: Rect | null, size: { w: number; h: number }, padding = 40, most = 1): View {
  if (!bounds || size.w <= 0 || size.h <= 0) {
    return { x: padding, y: padding, zoom: 1 };
  }

  const zoom = Math.min(most, clampZoom(Math.min((size.w - 2 * padding) / Math.max(bounds.w, 1), (size.h - 2 * padding) / Math.max(bounds.h, 1))));
  return { zoom, x: (size.w - bounds.w * zoom) / 2 - bounds.x * zoom, y: (size.h - bounds.h * zoom) / 2 - bounds.y * zoom };
}

/** What is seen first: all of it where its text can be read, otherwise its beginning at the left, from where it takes the least to have a part in view. */
export function opening(bounds: Rect | null, size: { w: number; h: number }, part: Rect | null = null, legible = 0.7, padding = 40): View {
  const all = fit(bounds, size, padding);
  if (!bounds || all.zoom >= legible) {
    return all;
  }

  const height = bounds.h * legible;
  const view = { zoom: legible, x: padding - bounds.x * legible, y: height < size.h - 2 * padding ? (size.h - height) / 2 - bounds.y * legible : padding - bounds.y * legible };
  return part ? reveal(view, part, size) : view;
}

/** The part of the world that is in view. */
export function inView(view: View, size: { w: number; h: number }, margin = 0): Rect {
  const corner = toWorld(view, { x: -margin, y: -margin });
  return { ...corner, w: (size.w + 2 * margin) / view.zoom, h: (size.h + 2 * margin) / view.zoom };
}

/** What is beside the view is kept at hand for this many pixels of the screen. */
export const beside = 320;

/** True where so much of what was at hand was used up that it is to be looked for anew. */
export const isSpent = (then: View, now: View): boolean =>
  now.zoom / then.zoom > 1.25 || now.zoom / then.zoom < 0.9 || Math.abs(now.x - then.x) > beside / 2 || Math.abs(now.y - then.y) > beside / 2;

/** Moves as little as it takes to have a part of the world in view. */
export function reveal(view: View, part: Rect, size: { w: number; h: number }, margin = 48): View {
  const corner = toScreen(view, part);
  const [w, h] = [part.w * view.zoom, part.h * view.zoom];
  const shift = (at: number, length: number, room: number) =>
    at < margin ? margin - at : at + length > room - margin ? Math.max(margin - at, room - margin - at - length) : 0;
  return { ...view, x: view.x + shift(corner.x, w, size.w), y: view.y + shift(corner.y, h, size.h) };
}

type Sides = Pick<DOMRect, 'left' | 'top' | 'right' | 'bottom'>;

/** What of the canvas can be seen beside a panel that may lie over its right, or over its foot. */
export function uncovered(canvas: Sides, panel: Sides): { w: number; h: number } {
  const [w, h] = [canvas.right - canvas.left, canvas.bottom - canvas.top];
  if (panel.left >= canvas.right || panel.top >= canvas.bottom) {
    return { w, h };
  }

  return panel.left > canvas.left ? { w: panel.left - canvas.left, h } : { w, h: Math.max(0, panel.top - canvas.top) };
}

/** How fast the view moves on its own while something is dragged to its border, in pixels of the screen per frame. */
export function autoPan(at: Point, size: { w: number; h: number }, border = 40, speed = 14): Point {
  const push = (value: number, room: number) =>
    value < border ? speed * Math.min(1, (border - value) / border) : value > room - border ? -speed * Math.min(1, (value - room + border) / border) : 0;
  return { x: push(at.x, size.w), y: push(at.y, size.h) };
}
