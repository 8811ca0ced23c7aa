// One canvas: its graph, its view and its selection, and everything that changes them. Gestures and keys work on it; .NET hears of what came of them.
import { Dots } from './dots';
import { Graph } from './graph';
import { Kept } from './kept';
import { Minimap } from './minimap';
import type { Patch, Point, Rect } from './model';
import { Painter } from './paint';
import type { Guide } from './snap';
import { contains } from './spatial';
import { beside, fit, inView, isSpent, opening, reveal, toWorld, uncovered, zoomAt, type View } from './viewport';

export interface StageOptions {
  /** True where nothing can be changed. */
  fixed: boolean;
}

const far = 0.36;
const settle = 160;
/** How often what is written beside the canvas follows it, ms. */
const pace = 150;
/** Cards, and wires, that come into the page in one frame of a gesture at most. */
const mostCards = 80;

export class Stage {
  readonly graph = new Graph();
  readonly painter: Painter;
  readonly selected = new Set<string>();
  readonly selectedEdges = new Set<string>();
  view: View = { x: 40, y: 40, zoom: 1 };
  size = { w: 0, h: 0 };
  clip = '';
  focused: string | null = null;
  hovered: string | null = null;
  /** What .NET says: it waits while a gesture moves things. */
  readonly kept = new Kept();
  private readonly map: Minimap | null;
  private readonly world: HTMLElement;
  private readonly dots: Dots;
  private readonly percent: HTMLElement | null;
  private readonly dirtyNodes = new Set<string>();
  private readonly dirtyEdges = new Set<string>();
  private readonly shifted = new Set<string>();
  private readonly resized: ResizeObserver;
  private readonly besides: MutationObserver;
  private viewDirty = false;
  private guides: Guide[] | null = null;
  private frame = 0;
  private still = 0;
  private placed = false;
  /** The view that was chosen here, as long as nobody looks from elsewhere. */
  private first: View | null = null;
  private culled: View | null = null;
  /** The part of the world whose cards and wires are in the page. */
  private hand: Rect | null = null;
  private corner = { x: 0, y: 0 };
  private gliding = false;
  /** True while a gesture changes how large things are drawn. */
  private scaling = false;
  private written = 0;
  private drawn = 0;

  constructor(readonly root: HTMLElement, readonly options: StageOptions, private readonly told: (selection: { nodes: string[]; edges: string[] }) => void) {
    this.world = root.querySelector<HTMLElement>('.world')!;
    this.dots = new Dots(root.querySelector<HTMLElement>('.dots')!);
    this.percent = root.querySelector('[data-percent]');
    const layer = (name: string) => root.querySelector<SVGSVGElement>(`svg.${name}`)!;
    this.painter = new Painter(this.world, layer('wires'), layer('pins'), layer('live'));
    const minimap = root.querySelector<HTMLCanvasElement>('canvas.minimap');
    this.map = minimap ? new Minimap(minimap, this.graph, () => this.view, () => this.size) : null;
    this.resized = new ResizeObserver(([entry]) => this.measure(entry.contentRect.width, entry.contentRect.height));
    this.resized.observe(root);
    // The settings of the chosen node come where it may stand itself.
    this.besides = new MutationObserver(() => this.emerge());
    const page = root.closest('.fe-body');
    if (page) {
      this.besides.observe(page, { childList: true, attributes: true, attributeFilter: ['class'] });
    }
  }

  /** Takes over what .NET says; false where something before it is missing. */
  apply(patch: Patch): boolean {
    return this.kept.patch(patch, now => this.take(now));
  }

  /** A gesture is over: what was kept is taken over now. */
  release(): void {
    if (this.kept.busy) {
      // What moved comes to rest.
      this.kept.busy = false;
      this.touch({ nodes: this.shifted, edges: [] });
      this.shifted.clear();
    }

    this.kept.release();
  }

  touch(changed: { nodes: Iterable<string>; edges: Iterable<string> }): void {
    for (const id of changed.nodes) {
      this.dirtyNodes.add(id);
      if (this.kept.busy) {
        this.shifted.add(id);
      }
    }

    for (const id of changed.edges) {
      this.dirtyEdges.add(id);
    }

    this.soon();
  }

  /** Looks from somewhere else at once. */
  look(view: View): void {
    this.gliding = false;
    this.move(view);
  }

  /**
   * Looks from somewhere else as a gesture goes on: the picture of the canvas is moved and stretched as it is. What comes into view is added by and by
   * while it is moved, and shown in outlines while it is stretched, when far more comes than a frame has time for. Painting it anew in every frame takes
   * three times as long as a frame has.
   */
  glide(view: View): void {
    this.gliding = true;
    this.scaling ||= view.zoom !== this.view.zoom;
    this.move(view);
  }

  fit(ids?: Iterable<string>): void {
    this.look(fit(this.graph.bounds(ids), this.size, Math.min(48, this.size.w / 12)));
  }

  zoom(factor: number): void {
    this.look(zoomAt(this.view, { x: this.size.w / 2, y: this.size.h / 2 }, factor));
  }

  reveal(part: Rect): void {
    this.look(reveal(this.view, part, this.room()));
  }

  /** What nothing lies over. */
  private room(): { w: number; h: number } {
    const panel = this.root.closest('.fe-body')?.querySelector(':scope > .insp');
    return panel?.checkVisibility() ? uncovered(this.root.getBoundingClientRect(), panel.getBoundingClientRect()) : this.size;
  }

  /** Brings the card under the focus out from below what came to lie over it. */
  private emerge(): void {
    const card = this.focused === null || this.kept.busy ? null : this.painter.card(this.focused);
    const rect = card && card === document.activeElement ? this.graph.rects.get(this.focused!) : undefined;
    const room = rect && this.room();
    if (rect && room && (room.w < this.size.w || room.h < this.size.h)) {
      this.reveal(rect);
    }
  }

  /** A point of the window as one of the screen of the canvas. */
  local(event: { clientX: number; clientY: number }): Point {
    return { x: event.clientX - this.corner.x, y: event.clientY - this.corner.y };
  }

  at(event: { clientX: number; clientY: number }): Point {
    return toWorld(this.view, this.local(event));
  }

  /** Reads where the canvas is in the window, once a gesture: the page is laid out for it. */
  locate(): void {
    if (this.gliding) {
      return;
    }

    const { left, top } = this.root.getBoundingClientRect();
    this.corner = { x: left, y: top };
  }

  select(nodes: Iterable<string>, edges: Iterable<string> = [], quietly = false): void {
    const [now, nowEdges] = [new Set([...nodes].filter(id => this.graph.nodes.has(id))), new Set([...edges].filter(id => this.graph.edges.has(id)))];
    const same = now.size === this.selected.size && [...now].every(id => this.selected.has(id)) && nowEdges.size === this.selectedEdges.size && [...nowEdges].every(id => this.selectedEdges.has(id));
    if (same) {
      return;
    }

    const before = [...this.selected];
    before.filter(id => !now.has(id)).forEach(id => this.painter.mark(id, 'data-selected', false));
    now.forEach(id => this.painter.mark(id, 'data-selected', true));
    this.selectedEdges.forEach(id => this.painter.markEdge(id, 'data-selected', false));
    nowEdges.forEach(id => this.painter.markEdge(id, 'data-selected', true));
    this.selected.clear();
    now.forEach(id => this.selected.add(id));
    this.selectedEdges.clear();
    nowEdges.forEach(id => this.selectedEdges.add(id));
    this.touch({ nodes: [...before, ...now], edges: [] });
    this.root.toggleAttribute('data-has-selection', now.size > 0);
    if (!quietly) {
      this.told({ nodes: [...now], edges: [...nowEdges] });
    }
  }

  hover(id: string | null): void {
    if (this.hovered !== id) {
      const both = [this.hovered, id].filter(one => one !== null);
      this.hovered = id;
      this.touch({ nodes: both, edges: [] });
    }
  }

  /** Moves the focus to a node and brings it into view. */
  focus(id: string | null): void {
    const card = id === null ? null : this.painter.card(id);
    const rect = id === null ? null : this.graph.rects.get(id);
    if (id !== null && card && rect) {
      this.focused = id;
      this.reveal(rect);
      this.cull();
      card.focus({ preventScroll: true });
    }
  }

  guide(guides: Guide[]): void {
    this.guides = guides;
    this.soon();
  }

  /** Moves the view to where a point of the minimap is. */
  jump(x: number, y: number): void {
    const at = this.map?.at(x, y);
    if (at) {
      this.glide({ ...this.view, x: this.size.w / 2 - at.x * this.view.zoom, y: this.size.h / 2 - at.y * this.view.zoom });
    }
  }

  repaintMap(): void {
    this.map?.soon();
  }

  dispose(): void {
    this.resized.disconnect();
    this.besides.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.still);
  }

  // All of it where that can be read, otherwise where it begins, with the first card that waits for somebody.
  begin(): void {
    this.look(opening(this.graph.bounds(), this.size, this.waiting()));
    this.first = this.view;
  }

  private waiting(): Rect | null {
    const some = [...this.graph.nodes.values()].filter(node => node.kind === 'card' && node.mood === 'waits').map(node => this.graph.rects.get(node.id)!);
    return some.sort((a, b) => a.x - b.x || a.y - b.y)[0] ?? null;
  }

  // A card may come to wait, or the canvas to be of another size, after it was first looked at: whoever did not look elsewhere sees all of it again.
  private beginAnew(isResized = false): void {
    if (!this.placed && this.graph.revision >= 0 && this.size.w > 0) {
      this.placed = true;
      this.begin();
    } else if (this.placed && this.view === this.first && (isResized || this.waiting())) {
      this.begin();
    }
  }

  private move(view: View): void {
    this.view = view;
    this.viewDirty = true;
    this.world.toggleAttribute('data-moving', this.gliding);
    this.scaling &&= this.gliding;
    clearTimeout(this.still);
    if (this.gliding) {
      this.still = window.setTimeout(() => this.settle(view), settle);
    }

    this.soon();
  }

  // After a frame that took long the time is over before the next move is heard: it had no chance to come.
  private settle(view: View): void {
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (this.view === view && this.gliding) {
        this.rest();
      }
    }));
  }

  // At rest it is drawn sharp again, and with as much as can be seen from there.
  private rest(): void {
    this.world.toggleAttribute('data-moving', false);
    this.gliding = this.scaling = false;
    this.culled = null;
    this.viewDirty = true;
    this.soon();
  }

  private take(patch: Patch): void {
    const many = patch.whole || patch.nodes.length > 20;
    if (many) {
      this.painter.learn();
    }

    const changed = this.graph.apply(patch);
    this.clip = patch.clip ?? this.clip;
    this.painter.sweep(this.graph);
    if (patch.whole) {
      this.graph.edges.forEach((_, id) => changed.edges.add(id));
      this.graph.nodes.forEach((_, id) => changed.nodes.add(id));
    } else {
      patch.edges.forEach(edge => changed.edges.add(edge.id));
    }

    this.touch(changed);
    const [nodes, edges] = [[...this.selected].filter(id => this.graph.nodes.has(id)), [...this.selectedEdges].filter(id => this.graph.edges.has(id))];
    this.select(nodes, edges);
    this.selected.forEach(id => this.painter.mark(id, 'data-selected', true));
    this.beginAnew();

    // The card under the focus is gone, and the focus with it: whoever works by keys stays on the canvas.
    if (this.focused !== null && !this.graph.nodes.has(this.focused)) {
      this.focused = null;
      if (document.activeElement === document.body) {
        this.root.focus({ preventScroll: true });
      }
    }

    // At once: a card that .NET just made is not to be seen before it has its place.
    this.draw();
  }

  private measure(w: number, h: number): void {
    this.size = { w, h };
    this.culled = null;
    this.soon();
    this.beginAnew(true);

    this.locate();
    this.repaintMap();
  }

  private soon(): void {
    if (this.frame === 0) {
      this.frame = requestAnimationFrame(() => this.draw());
    }
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.viewDirty) {
      this.viewDirty = false;
      const { x, y, zoom } = this.view;
      // On whole pixels of the screen the picture is neither blurred nor computed anew; while it is stretched it would tremble there.
      const whole = (at: number) => this.gliding && zoom !== this.drawn ? at : Math.round(at * devicePixelRatio) / devicePixelRatio;
      this.world.style.transform = `translate3d(${whole(x)}px,${whole(y)}px,0) scale(${zoom})`;
      this.drawn = zoom;
      this.dots.draw(this.view, this.size, this.gliding);
      const now = performance.now();
      if (!this.gliding) {
        this.world.toggleAttribute('data-far', zoom < far);
      }

      // What is written anew is painted anew, and with it the whole page is put together anew.
      const percent = `${Math.round(zoom * 100)} %`;
      if (this.percent && (!this.gliding || now - this.written > pace) && this.percent.textContent !== percent) {
        this.percent.textContent = percent;
        this.written = now;
      }

      this.repaintMap();
    }

    const moved = this.dirtyNodes.size > 0 && !this.kept.busy;
    if (this.dirtyNodes.size > 0) {
      this.dirtyNodes.forEach(id => this.painter.node(this.graph, id, !this.options.fixed && (id === this.hovered || this.selected.has(id)), this.kept.busy));
      this.dirtyNodes.clear();
      this.painter.flush();
      this.repaintMap();
    }

    if (this.dirtyEdges.size > 0) {
      this.dirtyEdges.forEach(id => this.painter.edge(this.graph, id));
      this.dirtyEdges.clear();
    }

    if (this.guides) {
      this.painter.guide(this.guides);
      this.guides = null;
    }

    if (this.size.w > 0 && this.gliding) {
      if (!this.scaling) {
        this.add();
      }
    } else if (this.size.w > 0 && (moved || !this.culled || isSpent(this.culled, this.view))) {
      this.cull();
    }
  }

  // Several at once and seldom: the page is put together anew for one as for many. What leaves the view stays until the gesture is over.
  private add(): void {
    if (!this.hand || !contains(this.hand, inView(this.view, this.size))) {
      const near = inView(this.view, this.size, 1.5 * beside);
      this.hand = this.painter.add(this.graph.cards.in(near), this.graph.lines.in(near), mostCards) > 0 ? near : null;
    }
  }

  // What has the focus, and what is selected, stays: it would lose both.
  private cull(): void {
    this.culled = this.view;
    this.painter.extend(this.graph.bounds());
    const near = this.hand = inView(this.view, this.size, beside);
    this.painter.show(
      new Set([...this.graph.cards.in(near), ...this.selected, ...(this.focused === null ? [] : [this.focused])]), new Set([...this.graph.lines.in(near), ...this.selectedEdges]));
    this.painter.outline(this.graph);
  }
}
