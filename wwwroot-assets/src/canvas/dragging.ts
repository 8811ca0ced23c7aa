// Moving what is selected, and drawing a container or a remark larger: live wires, guides, and a view that follows to its borders.
import { smallest, type Point, type Rect } from './model';
import type { Gesture, Send } from './pointer';
import { snap } from './snap';
import type { Stage } from './stage';
import { autoPan, inView } from './viewport';

const mostApart = 24;

/** Keeps moving the view while the pointer is near a border of the canvas. */
export function following(stage: Stage, act: (event: PointerEvent) => void): { move(event: PointerEvent): void; stop(): void } {
  let last: PointerEvent | null = null;
  let frame = 0;
  const step = () => {
    frame = 0;
    if (!last) {
      return;
    }

    const push = autoPan(stage.local(last), stage.size);
    if (push.x !== 0 || push.y !== 0) {
      stage.glide({ ...stage.view, x: stage.view.x + push.x, y: stage.view.y + push.y });
      act(last);
      frame = requestAnimationFrame(step);
    }
  };
  return {
    move(event) {
      last = event;
      act(event);
      if (frame === 0) {
        frame = requestAnimationFrame(step);
      }
    },
    stop() {
      last = null;
      cancelAnimationFrame(frame);
    },
  };
}

export function dragging(stage: Stage, send: Send, event: PointerEvent): Gesture {
  const { graph } = stage;
  // What is inside something that moves moves with it.
  const moved = [...stage.selected].filter(id => ![...stage.selected].some(other => other !== id && id.startsWith(`${other}/`)));
  const set = new Set(moved);
  const from = stage.at(event);
  const before = new Map(moved.map(id => [id, { x: graph.nodes.get(id)!.x, y: graph.nodes.get(id)!.y }]));
  const whole = graph.bounds(moved)!;
  const insideMoved = (id: string) => moved.some(one => id === one || id.startsWith(`${one}/`));
  const near = graph.cards.in(grow(inView(stage.view, stage.size), 200)).filter(id => !insideMoved(id) && !moved.some(one => one.startsWith(`${id}/`))).map(id => graph.rects.get(id)!);
  let shift: Point = { x: 0, y: 0 };
  let target = '';
  stage.kept.busy = true;
  // Each has a picture of its own as long as those are few.
  const apart = moved.length <= mostApart && moved.every(id => graph.nodes.get(id)!.kind !== 'container');
  moved.forEach(id => stage.painter.mark(id, 'data-dragged', true));
  if (apart) {
    moved.forEach(id => stage.painter.mark(id, 'data-apart', true));
    stage.painter.lift(moved.flatMap(id => [...graph.edgesOf(id)]));
  }

  const put = (by: Point) => stage.touch(graph.move(moved.map(id => {
    const at = before.get(id)!;
    return [id, { x: at.x + by.x, y: at.y + by.y }] as [string, Point];
  })));
  const act = (now: PointerEvent) => {
    const at = stage.at(now);
    const free = { x: whole.x + at.x - from.x, y: whole.y + at.y - from.y, w: whole.w, h: whole.h };
    const to = now.altKey ? { dx: 0, dy: 0, guides: [] } : snap(free, near, 6 / stage.view.zoom);
    shift = { x: at.x - from.x + to.dx, y: at.y - from.y + to.dy };
    put(shift);
    stage.guide(to.guides);
    const over = graph.containerAt(at, set);
    if (over !== target) {
      stage.painter.mark(target, 'data-target', false);
      target = over;
      stage.painter.mark(target, 'data-target', moved.some(id => graph.nodes.get(id)!.parent !== target));
    }
  };
  const follow = following(stage, act);
  return {
    move: follow.move,
    end(_, done) {
      follow.stop();
      stage.guide([]);
      stage.painter.mark(target, 'data-target', false);
      moved.forEach(id => ['data-dragged', 'data-apart'].forEach(name => stage.painter.mark(id, name, false)));
      stage.painter.lower();
      if (!done) {
        put({ x: 0, y: 0 });
        void send('Select', { nodes: [...stage.selected], edges: [] });
        return;
      }

      // Into another container, or out of one: places are those of where it goes.
      if (moved.every(id => graph.nodes.get(id)!.parent === graph.nodes.get(moved[0])!.parent) && graph.nodes.get(moved[0])!.parent !== target) {
        const origin = graph.origin(target);
        void send('MoveInto', { scope: target, nodes: moved.map(id => ({ id, x: Math.round(graph.rects.get(id)!.x - origin.x), y: Math.round(graph.rects.get(id)!.y - origin.y) })) });
      } else if (shift.x !== 0 || shift.y !== 0) {
        void send('Move', { nodes: moved.map(id => ({ id, x: Math.round(graph.nodes.get(id)!.x), y: Math.round(graph.nodes.get(id)!.y) })), selected: [...stage.selected] }).then(clip => {
          if (typeof clip === 'string') {
            stage.clip = clip;
          }
        });
      } else {
        void send('Select', { nodes: [...stage.selected], edges: [] });
      }
    },
  };
}

export function resizing(stage: Stage, send: Send, id: string, event: PointerEvent): Gesture {
  const node = stage.graph.nodes.get(id)!;
  const rect = stage.graph.rects.get(id)!;
  const from = stage.at(event);
  const before = { w: node.w, h: node.h };
  stage.kept.busy = true;
  return {
    move(now) {
      const at = stage.at(now);
      const round = (value: number) => Math.round(value / 16) * 16;
      stage.touch(stage.graph.resize(id, Math.max(smallest.w, round(rect.w + at.x - from.x)), Math.max(smallest.h, round(rect.h + at.y - from.y))));
    },
    end(_, done) {
      if (done) {
        void send('Resize', { id, w: node.w, h: node.h });
      } else {
        stage.touch(stage.graph.resize(id, before.w, before.h));
      }
    },
  };
}

const grow = (rect: Rect, by: number): Rect => ({ x: rect.x - by, y: rect.y - by, w: rect.w + 2 * by, h: rect.h + 2 * by });
