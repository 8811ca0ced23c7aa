// The flow as the canvas has it: where everything is in the world, where its pins are, and which wires a change touches.
import { firstPin, insetBottom, insetTop, insetX, pinStep, type EdgeModel, type End, type NodeModel, type Patch, type Pin, type Point, type Rect, type Side } from './model';
import { facing, route } from './route';
import { SpatialIndex } from './spatial';

/** A pin as it is drawn. */
export interface Drawn extends End {
  node: string;
  /** True for what a container shows to its inside. */
  inner: boolean;
  way: 'in' | 'out';
  pin: Pin;
  connected: boolean;
}

export class Graph {
  readonly nodes = new Map<string, NodeModel>();
  readonly edges = new Map<string, EdgeModel>();
  readonly rects = new Map<string, Rect>();
  readonly ways = new Map<string, Point[]>();
  readonly cards = new SpatialIndex();
  /** Wires by the rectangle that each needs. */
  readonly lines = new SpatialIndex();
  revision = -1;

  private readonly children = new Map<string, Set<string>>();
  private readonly touching = new Map<string, Set<string>>();
  private readonly origins = new Map<string, Point>();

  /** Takes over what .NET says; ids of the nodes and edges that are to be drawn anew. */
  apply(patch: Patch): { nodes: Set<string>; edges: Set<string> } {
    const dirty = new Set<string>();
    const gone = patch.whole ? [...this.nodes.keys()].filter(id => !patch.nodes.some(node => node.id === id)) : patch.gone;
    const goneEdges = patch.whole ? [...this.edges.keys()].filter(id => !patch.edges.some(edge => edge.id === id)) : patch.goneEdges;
    goneEdges.forEach(id => this.dropEdge(id, dirty));
    gone.forEach(id => this.dropNode(id));
    for (const node of patch.nodes) {
      const before = this.nodes.get(node.id);
      if (before && before.parent !== node.parent) {
        this.children.get(before.parent)?.delete(node.id);
      }

      this.nodes.set(node.id, node);
      group(this.children, node.parent).add(node.id);
      dirty.add(node.id);
    }

    for (const edge of patch.edges) {
      this.dropEdge(edge.id, dirty);
      this.edges.set(edge.id, edge);
      group(this.touching, edge.from).add(edge.id);
      group(this.touching, edge.to).add(edge.id);
      dirty.add(edge.from).add(edge.to);
    }

    this.revision = patch.revision;
    return this.settle(dirty);
  }

  /** Puts nodes somewhere else, as a gesture goes on; what is to be drawn anew. */
  move(places: Iterable<[string, Point]>): { nodes: Set<string>; edges: Set<string> } {
    const dirty = new Set<string>();
    for (const [id, at] of places) {
      const node = this.nodes.get(id);
      if (node) {
        [node.x, node.y] = [at.x, at.y];
        dirty.add(id);
      }
    }

    return this.settle(dirty);
  }

  resize(id: string, w: number, h: number): { nodes: Set<string>; edges: Set<string> } {
    const node = this.nodes.get(id);
    if (node) {
      [node.w, node.h] = [w, h];
    }

    return this.settle(new Set([id]));
  }

  childrenOf(id: string): Iterable<string> {
    return this.children.get(id) ?? [];
  }

  edgesOf(id: string): Iterable<string> {
    return this.touching.get(id) ?? [];
  }

  /** Everything, or some nodes, as one rectangle; null for nothing. */
  bounds(ids: Iterable<string> = this.rects.keys()): Rect | null {
    let [x, y, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const id of ids) {
      const rect = this.rects.get(id);
      if (rect) {
        [x, y, right, bottom] = [Math.min(x, rect.x), Math.min(y, rect.y), Math.max(right, rect.x + rect.w), Math.max(bottom, rect.y + rect.h)];
      }
    }

    return x === Infinity ? null : { x, y, w: right - x, h: bottom - y };
  }

  /** Where the inside of a scope begins in the world. */
  origin(scope: string): Point {
    return scope === '' ? { x: 0, y: 0 } : this.origins.get(scope) ?? { x: 0, y: 0 };
  }

  /** The innermost container under a point; empty for none. */
  containerAt(at: Point, except: ReadonlySet<string> = new Set()): string {
    let found = '';
    for (const id of this.cards.in({ x: at.x, y: at.y, w: 0.1, h: 0.1 })) {
      if (this.nodes.get(id)?.kind === 'container' && id.length > found.length && ![...except].some(one => id === one || id.startsWith(`${one}/`))) {
        found = id;
      }
    }

    return found;
  }

  /** Pins of a node; with `all` also those that nothing asks for yet. */
  pins(id: string, all = false): Drawn[] {
    const [node, rect] = [this.nodes.get(id), this.rects.get(id)];
    if (!node || !rect || node.kind === 'note') {
      return [];
    }

    const drawn: Drawn[] = [];
    const uses = { in: new Map<string, Set<Side>>(), out: new Map<string, Set<Side>>() };
    const inside = { in: new Set<string>(), out: new Set<string>() };
    for (const key of this.edgesOf(id)) {
      const edge = this.edges.get(key)!;
      const [out, into] = this.sides(edge);
      if (edge.from === id) {
        edge.scope === id ? inside.out.add(edge.fromPort) : sides(uses.out, edge.fromPort).add(out);
      }

      if (edge.to === id) {
        edge.scope === id ? inside.in.add(edge.toPort) : sides(uses.in, edge.toPort).add(into);
      }
    }

    const put = (way: 'in' | 'out', pin: Pin, side: Side, x: number, y: number, connected: boolean, inner = false) =>
      drawn.push({ node: id, way, pin, side, x: rect.x + x, y: rect.y + y, connected, inner });

    // In: what is connected first, then what is needed, then what may be.
    const left = node.ins.filter(pin => uses.in.get(pin.name)?.has('left'));
    const open = node.ins.filter(pin => !uses.in.has(pin.name) && (all || !pin.optional));
    [...left, ...open.filter(pin => !pin.optional), ...open.filter(pin => pin.optional)]
      .forEach((pin, i) => put('in', pin, 'left', 0, firstPin + i * pinStep, uses.in.has(pin.name)));
    spread(node.ins.filter(pin => uses.in.get(pin.name)?.has('top')), (pin, shift) => put('in', pin, 'top', rect.w / 2 + shift, 0, true));

    const rows = node.outs.filter(pin => isRow(pin));
    rows.forEach(pin => put('out', pin, 'right', rect.w, pin.y!, uses.out.has(pin.name)));
    const plain = node.outs.filter(pin => !isRow(pin));
    const right = plain.filter(pin => uses.out.get(pin.name)?.has('right'));
    const idle = plain.filter((pin, i) => !uses.out.has(pin.name) && (all || (i === 0 && rows.length === 0)));
    const beside = [...right, ...idle];
    const step = beside.length < 2 ? 0 : Math.min(pinStep, Math.max(11, (rect.h - firstPin - 12) / (beside.length - 1)));
    beside.forEach((pin, i) => put('out', pin, 'right', rect.w, (rows.length > 0 ? 24 : firstPin) + i * step, uses.out.has(pin.name)));
    spread(plain.filter(pin => uses.out.get(pin.name)?.has('bottom')), (pin, shift) => put('out', pin, 'bottom', rect.w / 2 + shift, rect.h, true));

    (node.toBody ?? []).filter(pin => all || inside.out.has(pin.name) || pin === node.toBody![0])
      .forEach((pin, i) => put('out', pin, 'right', 0, insetTop + firstPin + i * pinStep, inside.out.has(pin.name), true));
    (node.fromBody ?? []).filter(pin => all || inside.in.has(pin.name) || !pin.optional)
      .forEach((pin, i) => put('in', pin, 'left', rect.w, insetTop + firstPin + i * pinStep, inside.in.has(pin.name), true));
    return drawn;
  }

  /** The two ends of an edge; null where one of them is not there. */
  ends(edge: EdgeModel): [End, End] | null {
    const [out, into] = this.sides(edge);
    const from = this.pins(edge.from).find(pin => pin.way === 'out' && pin.pin.name === edge.fromPort && pin.inner === (edge.from === edge.scope) && (pin.inner || pin.side === out));
    const to = this.pins(edge.to).find(pin => pin.way === 'in' && pin.pin.name === edge.toPort && pin.inner === (edge.to === edge.scope) && (pin.inner || pin.side === into));
    return from && to ? [from, to] : null;
  }

  private sides(edge: EdgeModel): [Side, Side] {
    const [from, to] = [this.rects.get(edge.from), this.rects.get(edge.to)];
    if (!from || !to || edge.from === edge.scope || edge.to === edge.scope) {
      return ['right', 'left'];
    }

    return facing(from, to, this.nodes.get(edge.from)?.outs.some(pin => pin.name === edge.fromPort && isRow(pin)) === true);
  }

  // Places in the world of what changed and all inside it, sizes of the containers around it, and the wires that touch any of them.
  private settle(dirty: Set<string>): { nodes: Set<string>; edges: Set<string> } {
    const moved = new Set<string>();
    const tops = new Set<string>();
    for (const id of dirty) {
      // A container grows around its inside: all of the outermost one is placed anew.
      let [top, node] = [id, this.nodes.get(id)];
      while (node && node.parent !== '') {
        [top, node] = [node.parent, this.nodes.get(node.parent)];
      }

      tops.add(top);
    }

    tops.forEach(id => this.place(id, { x: 0, y: 0 }, moved));
    const nodes = new Set<string>([...moved, ...[...dirty].filter(id => this.nodes.has(id))]);
    const edges = new Set<string>();
    nodes.forEach(id => this.touching.get(id)?.forEach(edge => edges.add(edge)));
    // A pin may change its side or its place on the other node as well, and with it the other wires of that node.
    const beside = new Set<string>();
    edges.forEach(key => {
      const edge = this.edges.get(key)!;
      [edge.from, edge.to].filter(id => !nodes.has(id)).forEach(id => beside.add(id));
    });
    beside.forEach(id => {
      nodes.add(id);
      this.touching.get(id)?.forEach(edge => edges.add(edge));
    });
    edges.forEach(key => this.reroute(key));
    return { nodes, edges };
  }

  private place(id: string, origin: Point, moved: Set<string>): Rect | null {
    const node = this.nodes.get(id);
    if (!node) {
      return null;
    }

    const rect = { x: origin.x + node.x, y: origin.y + node.y, w: node.w, h: node.h };
    if (node.kind === 'container') {
      const inside = [...this.childrenOf(id)].map(child => this.nodes.get(child)!).filter(child => child !== undefined);
      const [least, top] = [Math.min(0, ...inside.map(child => child.x)), Math.min(0, ...inside.map(child => child.y))];
      const start = { x: rect.x + insetX - least, y: rect.y + insetTop - top };
      this.origins.set(id, start);
      for (const child of this.childrenOf(id)) {
        const there = this.place(child, start, moved);
        if (there) {
          rect.w = Math.max(rect.w, there.x + there.w + insetX - rect.x);
          rect.h = Math.max(rect.h, there.y + there.h + insetBottom - rect.y);
        }
      }
    }

    const before = this.rects.get(id);
    if (!before || before.x !== rect.x || before.y !== rect.y || before.w !== rect.w || before.h !== rect.h) {
      this.rects.set(id, rect);
      this.cards.set(id, rect);
      moved.add(id);
    }

    return rect;
  }

  private reroute(key: string): void {
    const edge = this.edges.get(key)!;
    const ends = this.ends(edge);
    if (!ends) {
      this.ways.delete(key);
      this.lines.delete(key);
      return;
    }

    const beside = (area: Rect) => this.cards.in(area)
      .filter(id => id !== edge.from && id !== edge.to && this.nodes.get(id)?.kind === 'card')
      .map(id => this.rects.get(id)!);
    const way = route(ends[0], ends[1], beside, lane(edge));
    const [xs, ys] = [way.map(point => point.x), way.map(point => point.y)];
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    this.ways.set(key, way);
    // Never without a width: it is looked for by what overlaps.
    this.lines.set(key, { x: x - 1, y: y - 1, w: Math.max(...xs) - x + 2, h: Math.max(...ys) - y + 2 });
  }

  private dropNode(id: string): void {
    const node = this.nodes.get(id);
    if (node) {
      this.nodes.delete(id);
      this.rects.delete(id);
      this.cards.delete(id);
      this.children.get(node.parent)?.delete(id);
    }
  }

  private dropEdge(id: string, dirty: Set<string>): void {
    const edge = this.edges.get(id);
    if (edge) {
      this.edges.delete(id);
      this.ways.delete(id);
      this.lines.delete(id);
      this.touching.get(edge.from)?.delete(id);
      this.touching.get(edge.to)?.delete(id);
      dirty.add(edge.from).add(edge.to);
    }
  }
}

// .NET says null for nothing.
const isRow = (pin: Pin): boolean => typeof pin.y === 'number';

function group<T>(map: Map<string, Set<T>>, key: string): Set<T> {
  let there = map.get(key);
  if (!there) {
    map.set(key, there = new Set());
  }

  return there;
}

const sides = (map: Map<string, Set<Side>>, port: string): Set<Side> => group(map, port);

// Around the middle.
function spread(pins: Pin[], put: (pin: Pin, shift: number) => void): void {
  pins.forEach((pin, i) => put(pin, (i - (pins.length - 1) / 2) * 24));
}

// Wires of one port go together, those of others a little beside them.
function lane(edge: EdgeModel): number {
  let hash = 0;
  for (const letter of `${edge.from}.${edge.fromPort}`) {
    hash = (hash * 31 + letter.charCodeAt(0)) | 0;
  }

  return ((Math.abs(hash) % 3) - 1) * 8;
}
