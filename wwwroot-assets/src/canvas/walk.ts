// Moving the focus without a pointer: along the wires, and to what is nearest in a direction.
import type { Graph } from './graph';
import type { Rect } from './model';

export type Direction = 'left' | 'right' | 'up' | 'down';

/** Nodes in the order that values reach them: what follows a node comes after it, from above where several do. */
export function along(graph: Graph): string[] {
  const waiting = new Map<string, number>();
  const next = new Map<string, string[]>();
  for (const id of graph.nodes.keys()) {
    waiting.set(id, 0);
  }

  for (const edge of graph.edges.values()) {
    // What is inside a container comes after it, whether or not it reads from it.
    if (edge.from !== edge.scope && edge.to !== edge.scope && waiting.has(edge.to) && waiting.has(edge.from)) {
      waiting.set(edge.to, waiting.get(edge.to)! + 1);
      (next.get(edge.from) ?? next.set(edge.from, []).get(edge.from)!).push(edge.to);
    }
  }

  const byPlace = (a: string, b: string) => {
    const [one, other] = [graph.rects.get(a)!, graph.rects.get(b)!];
    return one.y - other.y || one.x - other.x || (a < b ? -1 : 1);
  };
  const byColumn = (a: string, b: string) => graph.rects.get(a)!.x - graph.rects.get(b)!.x || byPlace(a, b);
  const seen = new Set<string>();
  const order: string[] = [];
  const visit = (id: string) => {
    if (seen.has(id)) {
      return;
    }

    seen.add(id);
    order.push(id);
    [...graph.childrenOf(id)].filter(child => waiting.get(child) === 0).sort(byColumn).forEach(visit);
    for (const to of [...new Set(next.get(id) ?? [])].sort(byPlace)) {
      waiting.set(to, waiting.get(to)! - (next.get(id)!.filter(one => one === to).length));
      if (waiting.get(to)! <= 0) {
        visit(to);
      }
    }
  };
  [...graph.nodes.keys()].filter(id => waiting.get(id) === 0 && graph.nodes.get(id)!.parent === '').sort(byColumn).forEach(visit);
  [...graph.nodes.keys()].sort(byColumn).forEach(visit);
  return order;
}

/** The nearest node in a direction: what is connected there first, then what is there at all; null where nothing is. */
export function nearest(graph: Graph, from: string, direction: Direction): string | null {
  const at = graph.rects.get(from);
  if (!at) {
    return null;
  }

  const connected = new Set<string>();
  for (const key of graph.edgesOf(from)) {
    const edge = graph.edges.get(key)!;
    connected.add(edge.from === from ? edge.to : edge.from);
  }

  let best: string | null = null;
  let least = Infinity;
  for (const [id, rect] of graph.rects) {
    const [ahead, aside] = gap(at, rect, direction);
    if (id !== from && ahead > 0 && aside < ahead * 2 + 200) {
      const cost = (ahead + aside * 2) * (connected.has(id) ? 0.5 : 1);
      if (cost < least) {
        [best, least] = [id, cost];
      }
    }
  }

  return best;
}

function gap(from: Rect, to: Rect, direction: Direction): [ahead: number, aside: number] {
  const dx = to.x + to.w / 2 - from.x - from.w / 2;
  const dy = to.y + to.h / 2 - from.y - from.h / 2;
  switch (direction) {
    case 'left': return [-dx, Math.abs(dy)];
    case 'right': return [dx, Math.abs(dy)];
    case 'up': return [-dy, Math.abs(dx)];
    default: return [dy, Math.abs(dx)];
  }
}
