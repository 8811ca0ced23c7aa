// The grid of dots behind the canvas: a small picture that repeats, moved and stretched with the view as far as that looks like dots.
import type { View } from './viewport';

const grid = 16;
/** How far beyond the canvas it goes on each side; the style sheet says the same. */
const margin = 0.25;
/** It is stretched by no less and no more than this before it is drawn anew. */
const [least, most] = [0.85, 1.7];

export class Dots {
  private step = grid;

  constructor(private readonly element: HTMLElement) {}

  /** @param gliding True while a gesture goes on, when drawing it anew would cost a frame. */
  draw({ x, y, zoom }: View, size: { w: number; h: number }, gliding: boolean): void {
    const step = grid * zoom * (zoom < 0.3 ? 4 : zoom < 0.6 ? 2 : 1);
    const scale = step / this.step;
    if (!gliding || scale < least || scale > most) {
      // On the way to what is smaller there is room for as much as there is on the way to what is larger.
      const drawn = gliding && scale < least ? step / (most - 0.1) : step;
      if (drawn !== this.step) {
        this.step = drawn;
        this.element.style.backgroundSize = `${drawn}px ${drawn}px`;
      }
    }

    const phase = (at: number, length: number) => (((at - 64 + margin * length) % step) + step) % step;
    const stretch = step / this.step;
    this.element.style.transform = `translate(${phase(x, size.w)}px,${phase(y, size.h)}px)${stretch === 1 ? '' : ` scale(${stretch})`}`;
  }
}
