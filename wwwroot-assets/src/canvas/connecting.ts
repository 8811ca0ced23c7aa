// Drawing a wire from a pin, or from the end that a wire keeps: live, and with what fits lit.
import type { Drawn } from './graph';
import { following } from './dragging';
import { fits, type EdgeModel, type End, type Point } from './model';
import { place, type Gesture, type Send } from './pointer';
import { route } from './route';
import type { Stage } from './stage';

interface Target {
  node: string;
  pin: Drawn | null;
  fits: boolean;
}

/**
 * @param kept The end that stays.
 * @param instead The edge that is being drawn anew; null for a new one.
 */
export function connecting(stage: Stage, send: Send, kept: Drawn, instead: EdgeModel | null, _event: PointerEvent): Gesture {
  const { graph } = stage;
  const scope = kept.inner ? kept.node : graph.nodes.get(kept.node)!.parent;
  const forward = kept.way === 'out';
  const upstream = reach(stage, kept.node, forward, scope);
  let target: Target | null = null;
  if (instead) {
    stage.painter.markEdge(instead.id, 'data-redrawn', true);
  }

  const aim = (at: Point): Target | null => {
    const near = 18 / stage.view.zoom;
    let best: Target | null = null;
    let least = Infinity;
    for (const id of graph.cards.in({ x: at.x - near, y: at.y - near, w: 2 * near, h: 2 * near })) {
      const node = graph.nodes.get(id)!;
      const inner = id === scope && !kept.inner;
      if (id === kept.node || (node.parent !== scope && !inner) || node.kind === 'note') {
        continue;
      }

      const circle = !inner && upstream.has(id);
      for (const pin of graph.pins(id, true).filter(pin => (pin.way === 'out') !== forward && pin.inner === inner)) {
        const distance = Math.hypot(pin.x - at.x, pin.y - at.y);
        if (distance < near && distance < least) {
          const fit = forward ? fits(kept.pin.type, pin.pin.type) : fits(pin.pin.type, kept.pin.type);
          [best, least] = [{ node: id, pin, fits: fit && !circle }, distance];
        }
      }

      const rect = graph.rects.get(id)!;
      if (!best && at.x >= rect.x && at.x <= rect.x + rect.w && at.y >= rect.y && at.y <= rect.y + rect.h && !(inner && at.x < rect.x + rect.w - 24)) {
        const open = forward ? node.more === true || (inner ? node.moreBack === true : node.ins.some(pin => fits(kept.pin.type, pin.type))) : node.outs.some(pin => fits(pin.type, kept.pin.type));
        best = { node: id, pin: null, fits: open && !circle };
      }
    }

    return best;
  };
  const act = (event: PointerEvent) => {
    const at = stage.at(event);
    const now = aim(at);
    if (now?.node !== target?.node) {
      if (target) {
        stage.painter.mark(target.node, 'data-target', false);
        stage.painter.mark(target.node, 'data-misfit', false);
        stage.hover(null);
      }

      if (now) {
        stage.painter.mark(now.node, now.fits ? 'data-target' : 'data-misfit', true);
        stage.hover(now.node);
      }
    }

    target = now;
    const loose: End = target?.pin ?? { ...at, side: forward ? 'left' : 'right' };
    stage.painter.drawing(forward ? route(kept, loose) : route(loose, kept), kept.pin.type, target ? target.fits : null);
  };
  const follow = following(stage, act);
  return {
    move: follow.move,
    end(event, done) {
      follow.stop();
      stage.painter.drawing(null);
      if (instead) {
        stage.painter.markEdge(instead.id, 'data-redrawn', false);
      }

      if (target) {
        stage.painter.mark(target.node, 'data-target', false);
        stage.painter.mark(target.node, 'data-misfit', false);
      }

      stage.hover(null);
      if (!done || !event) {
        return;
      }

      const own = { scope, node: kept.node, port: kept.pin.name };
      if (target) {
        void send('Connect', { scope, forward, own, other: { node: target.node, port: target.pin?.pin.name ?? null }, instead: instead?.id ?? null });
      } else if (instead) {
        void send('Disconnect', { edge: instead.id });
      } else if (forward) {
        // Into the open: what could follow.
        void send('AddAfter', { ...place(stage, stage.at(event)), own });
      }
    },
  };
}

// What comes before the end that stays, or after it: connecting to that would be a circle.
function reach(stage: Stage, from: string, forward: boolean, scope: string): Set<string> {
  const seen = new Set<string>();
  const left = [from];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    for (const key of stage.graph.edgesOf(id)) {
      const edge = stage.graph.edges.get(key)!;
      const other = forward ? edge.to === id ? edge.from : null : edge.from === id ? edge.to : null;
      if (other !== null && edge.scope === scope && other !== scope && !seen.has(other)) {
        seen.add(other);
        left.push(other);
      }
    }
  }

  return seen;
}
