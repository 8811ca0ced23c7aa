// Writes what the graph says into the page: places of cards, ways of wires, pins. Never asks the page how large anything is.
import type { Drawn, Graph } from './graph';
import { family, type EdgeModel, type Point, type Rect } from './model';
import { path } from './route';
import type { Guide } from './snap';

const ns = 'http://www.w3.org/2000/svg';
/** Room around what is there for what comes, in pixels of the canvas. */
const beyond = 1024;

const svg = <K extends keyof SVGElementTagNameMap>(name: K, attributes: Record<string, string> = {}): SVGElementTagNameMap[K] => {
  const element = document.createElementNS(ns, name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  return element;
};

/** Outlines of pins by type, round the origin; relative after their first point, so that they can be put anywhere. */
const shapes: Record<string, string> = {
  text: 'M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z',
  messages: 'M-4-4h8a4 4 0 0 1 0 8h-8a4 4 0 0 1 0-8z',
  json: 'M0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z',
  number: 'M-5 0l2.5-4.5h5l2.5 4.5-2.5 4.5h-5z',
  passages: 'M-3-4.5h6a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5h-6a1.5 1.5 0 0 1-1.5-1.5v-6a1.5 1.5 0 0 1 1.5-1.5z',
  file: 'M-4.5-5h6l3 3v7h-9z',
  choice: 'M-4-5.5l8.5 5.5-8.5 5.5z',
  boolean: 'M-4-5.5l8.5 5.5-8.5 5.5z',
};

/** The outline of a type at a point; a list is its element with another behind it, a choice points the way of the wire. */
export function shapeAt(type: string, at: Point, isDown = false): string {
  const inner = /^list<(.*)>$/.exec(type)?.[1];
  const name = inner ? innermost(inner) : type;
  const shape = isDown && (name === 'choice' || name === 'boolean') ? 'M-5.5-4h11l-5.5 8.5z' : shapes[name] ?? shapes.json;
  const put = (dx: number, dy: number) => shape.replace(/^M(-?[\d.]+) ?(-?[\d.]+)/, (_, x: string, y: string) => `M${Number(x) + dx} ${Number(y) + dy}`);
  return inner ? put(at.x + 3, at.y - 3) + put(at.x, at.y) : put(at.x, at.y);
}

const innermost = (type: string): string => {
  const inner = /^list<(.*)>$/.exec(type)?.[1];
  return inner ? innermost(inner) : type;
};

export class Painter {
  private readonly cards = new Map<string, HTMLElement>();
  private readonly wires = new Map<string, SVGPathElement>();
  /** Outlines of a node's pins by their look. */
  private readonly pins = new Map<string, Map<string, string>>();
  private readonly looks = new Map<string, SVGPathElement>();
  private readonly dirtyLooks = new Set<string>();
  private readonly moving = new Map<string, SVGGElement>();
  private readonly rests = new Map<string, Point>();
  private shown: Set<string> | null = null;
  private readonly hidden = new Set<string>();
  /** Wires that move, and what follows each of them at rest. */
  private readonly lifted = new Map<SVGPathElement, Node | null>();
  private readonly live: SVGPathElement;
  private readonly guides: SVGPathElement;
  private readonly extent: SVGPathElement;
  /** What is out of the page, in outlines: one for all cards, one for all wires of a look. */
  private readonly outlines = new Map<string, SVGPathElement>();

  constructor(private readonly world: HTMLElement, private readonly wireLayer: SVGSVGElement, private readonly pinLayer: SVGSVGElement, private readonly liveLayer: SVGSVGElement) {
    this.live = svg('path', { class: 'wire drawing', hidden: '' });
    this.guides = svg('path', { class: 'guides' });
    this.extent = svg('path', { class: 'extent' });
    liveLayer.replaceChildren(this.guides, this.live);
    wireLayer.replaceChildren();
    pinLayer.replaceChildren(this.extent);
  }

  /** The card of a node; .NET may have made another in the meantime. */
  card(id: string): HTMLElement | null {
    const known = this.cards.get(id);
    if (known?.isConnected && known.dataset.id === id) {
      return known;
    }

    const found = this.world.querySelector<HTMLElement>(`:scope > [data-id="${CSS.escape(id)}"]`);
    if (found) {
      this.cards.set(id, found);
    } else {
      this.cards.delete(id);
    }

    return found;
  }

  /** Learns of all cards at once, where there are many. */
  learn(): void {
    this.cards.clear();
    this.world.querySelectorAll<HTMLElement>(':scope > [data-id]').forEach(card => this.cards.set(card.dataset.id!, card));
  }

  /**
   * Puts a card where the graph has it. At rest a card has a place; while it moves it is shifted from there, which nothing has to be laid out for,
   * and a layer of its own is kept to those that move.
   */
  node(graph: Graph, id: string, open: boolean, moving: boolean): void {
    const rect = graph.rects.get(id);
    const card = this.card(id);
    if (!rect) {
      this.putPins(id, new Map(), false);
      this.rests.delete(id);
      return;
    }

    if (card) {
      const rest = this.rests.get(id);
      if (moving && rest && card.dataset.size) {
        card.style.transform = `translate(${rect.x - rest.x}px,${rect.y - rest.y}px)`;
      } else {
        card.style.left = `${rect.x}px`;
        card.style.top = `${rect.y}px`;
        card.style.transform = '';
        this.rests.set(id, { x: rect.x, y: rect.y });
      }

      if (!rest) {
        card.toggleAttribute('data-out', this.shown !== null && !this.shown.has(id));
      }

      const size = `${rect.w} ${rect.h}`;
      if (card.dataset.size !== size) {
        card.dataset.size = size;
        card.style.width = `${rect.w}px`;
        card.style.height = `${rect.h}px`;
      }
    }

    this.pinsOf(graph, id, graph.pins(id, open), moving);
  }

  /** Shows these cards and wires and no others: the browser weighs every one of the page in every frame, wherever it is. */
  show(ids: Set<string>, wires: ReadonlySet<string>): void {
    const before = this.shown ?? new Set(this.cards.keys());
    this.shown = ids;
    before.forEach(id => !ids.has(id) && this.card(id)?.toggleAttribute('data-out', true));
    ids.forEach(id => !before.has(id) && this.card(id)?.toggleAttribute('data-out', false));
    this.wires.forEach((wire, id) => this.put(wire, id, !wires.has(id)));
  }

  /**
   * Draws what is out of the page in outlines, which a gesture may bring into view: as few elements as there are looks, drawn once, where bringing cards
   * and wires into the page takes several frames.
   */
  outline(graph: Graph): void {
    const ways = new Map<string, string>();
    for (const [id, way] of graph.ways) {
      const wire = this.hidden.has(id) ? this.wires.get(id) : undefined;
      if (wire) {
        const look = wire.getAttribute('class')!;
        ways.set(look, (ways.get(look) ?? '') + path(way));
      }
    }

    let boxes = '';
    for (const [id, { x, y, w, h }] of graph.rects) {
      boxes += this.shown?.has(id) === false ? `M${x} ${y}h${w}v${h}h${-w}z` : '';
    }

    ways.set('boxes', boxes);
    this.outlines.forEach((mark, look) => !ways.has(look) && mark.setAttribute('d', ''));
    for (const [look, d] of ways) {
      let mark = this.outlines.get(look);
      if (!mark) {
        mark = svg('path', { class: look, 'aria-hidden': 'true' });
        this.outlines.set(look, mark);
        // Boxes over wires, as cards are.
        this.wireLayer.insertBefore(mark, look === 'boxes' ? null : this.outlines.get('boxes') ?? null);
      }

      if (mark.getAttribute('d') !== d) {
        mark.setAttribute('d', d);
      }
    }
  }

  /** Shows some more of these cards and wires, at most so many of each; how many more cards it could have been. */
  add(ids: Iterable<string>, wires: Iterable<string>, most: number): number {
    let left = most;
    for (const id of ids) {
      if (left >= 1 && this.shown?.has(id) === false) {
        this.shown.add(id);
        this.card(id)?.toggleAttribute('data-out', false);
        left--;
      }
    }

    let more = most;
    for (const id of wires) {
      const wire = more >= 1 && this.hidden.has(id) ? this.wires.get(id) : undefined;
      if (wire) {
        this.put(wire, id, false);
        more--;
      }
    }

    return Math.min(left, more);
  }

  /** Keeps the picture of the canvas as large as it may become: one that grows at its left or top is painted anew, all of it. */
  extend(bounds: Rect | null): void {
    const all = bounds ? { x: bounds.x - beyond, y: bounds.y - beyond, w: bounds.w + 2 * beyond, h: bounds.h + 2 * beyond } : null;
    const d = all ? `M${all.x} ${all.y}h1v1h-1zM${all.x + all.w} ${all.y + all.h}h1v1h-1z` : '';
    if (this.extent.getAttribute('d') !== d) {
      this.extent.setAttribute('d', d);
    }
  }

  edge(graph: Graph, id: string): void {
    const [edge, way] = [graph.edges.get(id), graph.ways.get(id)];
    let wire = this.wires.get(id);
    if (!edge || !way) {
      wire?.remove();
      this.wires.delete(id);
      this.hidden.delete(id);
      return;
    }

    if (!wire) {
      wire = svg('path', { role: 'img' });
      wire.dataset.edge = id;
      this.wires.set(id, wire);
      this.wireLayer.append(wire);
    }

    const look = `wire t-${family(edge.type)}${edge.state ? ` ${edge.state}` : ''}`;
    if (wire.getAttribute('class') !== look) {
      wire.setAttribute('class', look);
    }

    if (wire.getAttribute('aria-label') !== edge.label) {
      wire.setAttribute('aria-label', edge.label);
    }

    const d = path(way);
    if (wire.getAttribute('d') !== d) {
      wire.setAttribute('d', d);
    }

    this.put(wire, id, false);
  }

  /** Draws wires apart from the others while they move: what they pass is not painted anew with them. */
  lift(ids: Iterable<string>): void {
    for (const id of ids) {
      const wire = this.wires.get(id);
      if (wire && !this.lifted.has(wire)) {
        this.lifted.set(wire, wire.nextSibling);
        this.liveLayer.insertBefore(wire, this.guides);
      }
    }
  }

  /** Puts them back where they were among the others. */
  lower(): void {
    [...this.lifted].reverse().forEach(([wire, next]) => wire.isConnected && this.wireLayer.insertBefore(wire, next?.parentNode === this.wireLayer ? next : null));
    this.lifted.clear();
  }

  private put(wire: SVGPathElement, id: string, out: boolean): void {
    if (out !== this.hidden.has(id)) {
      wire.toggleAttribute('data-out', out);
      out ? this.hidden.add(id) : this.hidden.delete(id);
    }
  }

  /** Removes what the graph no longer has. */
  sweep(graph: Graph): void {
    [...this.wires.keys()].filter(id => !graph.edges.has(id)).forEach(id => this.edge(graph, id));
    [...this.pins.keys()].filter(id => !graph.nodes.has(id)).forEach(id => this.node(graph, id, false, false));
  }

  mark(id: string, name: string, on: boolean): void {
    this.card(id)?.toggleAttribute(name, on);
  }

  markEdge(id: string, name: string, on: boolean): void {
    this.wires.get(id)?.toggleAttribute(name, on);
  }

  /** The wire that is being drawn; null for none. */
  drawing(way: Point[] | null, type = '', fits: boolean | null = null): void {
    this.live.toggleAttribute('hidden', way === null);
    if (way) {
      this.live.setAttribute('class', `wire drawing t-${family(type)}${fits === false ? ' misfit' : fits ? ' fits' : ''}`);
      this.live.setAttribute('d', path(way));
    }
  }

  guide(guides: Guide[]): void {
    this.guides.setAttribute('d', guides.map(one => one.axis === 'x' ? `M${one.at} ${one.from}V${one.to}` : `M${one.from} ${one.at}H${one.to}`).join(''));
  }

  /** Draws the pins that changed since the last time. */
  flush(): void {
    for (const look of this.dirtyLooks) {
      let mark = this.looks.get(look);
      if (!mark) {
        mark = this.pinLayer.appendChild(svg('path', { class: look }));
        this.looks.set(look, mark);
      }

      let d = '';
      this.pins.forEach((own, id) => d += this.moving.has(id) ? '' : own.get(look) ?? '');
      mark.setAttribute('d', d);
    }

    this.dirtyLooks.clear();
  }

  private pinsOf(graph: Graph, id: string, drawn: Drawn[], moving: boolean): void {
    const looks = new Map<string, string>();
    for (const pin of drawn) {
      const look = `pin t-${family(pin.pin.type)}${fill(graph, pin) ? '' : ' hollow'}`;
      looks.set(look, (looks.get(look) ?? '') + shapeAt(pin.pin.type, pin, pin.side === 'bottom' || pin.side === 'top'));
    }

    this.putPins(id, looks, moving);
  }

  // All pins of one look that are at rest are one path: the browser weighs each element that it draws in every frame, wherever it is. Those that
  // move have their own.
  private putPins(id: string, now: Map<string, string>, moving: boolean): void {
    const before = this.pins.get(id) ?? new Map<string, string>();
    const was = this.moving.get(id);
    if (moving !== (was !== undefined)) {
      [...before.keys(), ...now.keys()].forEach(look => this.dirtyLooks.add(look));
    } else if (!moving) {
      [...before.keys(), ...now.keys()].filter(look => before.get(look) !== now.get(look)).forEach(look => this.dirtyLooks.add(look));
    }

    if (now.size > 0) {
      this.pins.set(id, now);
    } else {
      this.pins.delete(id);
    }

    if (!moving) {
      was?.remove();
      this.moving.delete(id);
      return;
    }

    const group = was ?? this.liveLayer.insertBefore(svg('g'), this.guides);
    this.moving.set(id, group);
    while (group.childElementCount > now.size) {
      group.lastElementChild!.remove();
    }

    [...now].forEach(([look, d], i) => {
      const mark = group.children[i] ?? group.appendChild(svg('path'));
      mark.setAttribute('class', look);
      mark.setAttribute('d', d);
    });
  }
}

// Hollow: nothing has passed, or nothing is connected.
function fill(graph: Graph, pin: Drawn): boolean {
  const passing = (edge: EdgeModel) => !edge.state || !['todo', 'off'].includes(edge.state);
  return pin.connected && [...graph.edgesOf(pin.node)].map(id => graph.edges.get(id)!)
    .some(edge => passing(edge) && (pin.way === 'out' ? edge.from === pin.node && edge.fromPort === pin.pin.name : edge.to === pin.node && edge.toPort === pin.pin.name));
}
