// Pointers on the canvas: which gesture one begins, and what it came to. All of it stays here until the gesture ends.
import type { Drawn } from './graph';
import { connecting } from './connecting';
import { dragging, resizing } from './dragging';
import type { EdgeModel, Point } from './model';
import { distanceTo } from './route';
import type { Stage } from './stage';
import { overlaps } from './spatial';
import { pinch, toWorld, zoomAt, type View } from './viewport';

export type Send = (method: string, args: unknown) => Promise<unknown>;

/** A gesture that has begun. */
export interface Gesture {
  move(event: PointerEvent): void;
  /** @param done False where it was given up. */
  end(event: PointerEvent | null, done: boolean): void;
  /** Called once a frame while the pointer is near a border. */
  panned?(): void;
}

const reach = 3;
const pinReach = 11;
const wireReach = 7;

export function pointers(stage: Stage, send: Send): { cancel(): boolean; dispose(): void } {
  const off = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void, passive = false) =>
    stage.root.addEventListener(name, act, { signal: off.signal, passive });
  const touches = new Map<number, Point>();
  let gesture: Gesture | null = null;
  let pointer = -1;
  let pressed: { at: Point; event: PointerEvent; begin: (event: PointerEvent) => Gesture | null; click: (event: PointerEvent) => void } | null = null;
  let space = false;

  const begin = (event: PointerEvent, start: (event: PointerEvent) => Gesture | null, click: (event: PointerEvent) => void = () => undefined) => {
    pointer = event.pointerId;
    pressed = { at: stage.local(event), event, begin: start, click };
  };
  const finish = (event: PointerEvent | null, done: boolean) => {
    const [was, click] = [gesture, pressed];
    [gesture, pressed, pointer] = [null, null, -1];
    stage.root.removeAttribute('data-gesture');
    if (was) {
      was.end(event, done);
    } else if (done && event && click) {
      click.click(event);
    }

    stage.release();
  };

  on('pointerdown', event => {
    if ((event.target as Element).closest('[data-own]')) {
      return;
    }

    stage.locate();
    touches.set(event.pointerId, stage.local(event));
    if (event.pointerType === 'touch' && touches.size === 2) {
      // A second finger: whatever one finger began was no drag.
      finish(null, false);
      gesture = twoFingers(stage, touches);
      pointer = -2;
      return;
    }

    if (pointer !== -1 || event.button === 2) {
      return;
    }

    const card = (event.target as Element).closest<HTMLElement>('[data-id]');
    const pin = event.button === 0 && !space ? pinAt(stage, event) : null;
    const pans = event.button === 1 || space || (event.pointerType === 'touch' && !card && !pin);
    if (pans) {
      event.preventDefault();
      begin(event, start => panning(stage, start), () => stage.select([]));
      return;
    }

    if (event.button !== 0) {
      return;
    }

    if (pin && !stage.options.fixed) {
      event.preventDefault();
      begin(event, start => connecting(stage, send, pin, null, start), () => stage.select([pin.node]));
      return;
    }

    if (card) {
      const id = card.dataset.id!;
      const node = stage.graph.nodes.get(id);
      if (!node || (event.target as Element).closest('a, button, input, textarea, select')) {
        return;
      }

      const more = event.shiftKey || event.ctrlKey || event.metaKey;
      if (!stage.options.fixed && (event.target as Element).closest('[data-grip]')) {
        begin(event, start => resizing(stage, send, id, start));
        return;
      }

      // What is inside a container is grasped by its head.
      if (node.kind === 'container' && !(event.target as Element).closest('header')) {
        background(event);
        return;
      }

      begin(event, start => {
        if (!stage.selected.has(id)) {
          // .NET hears of it with the move.
          stage.select(more ? [...stage.selected, id] : [id], [], !stage.options.fixed);
        }

        return stage.options.fixed ? panning(stage, start) : dragging(stage, send, start);
      }, () => {
        stage.select(more ? stage.selected.has(id) ? [...stage.selected].filter(one => one !== id) : [...stage.selected, id] : [id]);
        stage.focused = id;
        card.focus({ preventScroll: true });
      });
      return;
    }

    background(event);
  });

  const drag = (start: PointerEvent, edge: EdgeModel | null) => {
    const meant = meantBy(start, edge !== null, stage.options.fixed);
    return meant === 'pan' ? panning(stage, start) : meant === 'select' ? marquee(stage, start) : reconnecting(stage, send, edge!, start);
  };

  const background = (event: PointerEvent) => {
    const edge = edgeAt(stage, stage.at(event));
    if (edge) {
      begin(event, start => drag(start, edge), click => stage.select([], click.shiftKey ? [...stage.selectedEdges, edge.id] : [edge.id]));
      return;
    }

    begin(event, start => drag(start, null), () => {
      stage.select([]);
      stage.root.focus({ preventScroll: true });
    });
  };

  on('pointermove', event => {
    if (touches.has(event.pointerId)) {
      touches.set(event.pointerId, stage.local(event));
    }

    if (pointer === -2) {
      gesture?.move(event);
    } else if (event.pointerId === pointer) {
      if (!gesture && pressed) {
        const at = stage.local(event);
        if (Math.hypot(at.x - pressed.at.x, at.y - pressed.at.y) > (event.pointerType === 'touch' ? 8 : reach)) {
          // A card that is dragged by touch must be selected first: one finger scrolls.
          stage.root.setPointerCapture(event.pointerId);
          gesture = pressed.begin(pressed.event);
          stage.root.setAttribute('data-gesture', '');
        }
      }

      gesture?.move(event);
    } else if (pointer === -1 && event.pointerType === 'mouse') {
      const pin = pinAt(stage, event);
      stage.hover((event.target as Element).closest<HTMLElement>('[data-id]')?.dataset.id ?? pin?.node ?? null);
      const title = pin ? `${pin.pin.name}: ${pin.pin.type}` : '';
      if (stage.root.title !== title) {
        stage.root.title = title;
      }

      const wire = (event.target as Element).closest('[data-id]') ? null : edgeAt(stage, stage.at(event));
      stage.root.toggleAttribute('data-over-wire', wire !== null);
    }
  });

  const up = (event: PointerEvent, done: boolean) => {
    touches.delete(event.pointerId);
    if (pointer === -2 ? touches.size < 2 : event.pointerId === pointer) {
      finish(event, done);
    }
  };
  on('pointerup', event => up(event, true));
  on('pointercancel', event => up(event, false));
  on('pointerleave', () => stage.hover(null));

  on('wheel', event => {
    if ((event.target as Element).closest('[data-own]')) {
      return;
    }

    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? stage.size.h : 1;
    if (event.ctrlKey || event.metaKey) {
      stage.locate();
      stage.glide(zoomAt(stage.view, stage.local(event), Math.exp(-event.deltaY * unit * (Math.abs(event.deltaY) < 50 ? 0.01 : 0.002))));
    } else {
      const [dx, dy] = event.shiftKey && event.deltaX === 0 ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
      stage.glide({ ...stage.view, x: stage.view.x - dx * unit, y: stage.view.y - dy * unit });
    }
  });

  on('dblclick', event => {
    if (!stage.options.fixed && !(event.target as Element).closest('[data-own], [data-id]')) {
      stage.locate();
      void send('AddAt', { ...place(stage, stage.at(event)) });
    }
  });

  const onSpace = (event: KeyboardEvent) => {
    if (event.code === 'Space' && stage.root.contains(document.activeElement) && !(document.activeElement as Element).closest('input, textarea, button')) {
      space = event.type === 'keydown';
      stage.root.toggleAttribute('data-space', space);
      event.preventDefault();
    }
  };
  addEventListener('keydown', onSpace, { signal: off.signal });
  addEventListener('keyup', onSpace, { signal: off.signal });
  addEventListener('blur', () => (space = false), { signal: off.signal });

  return {
    cancel() {
      const some = gesture !== null;
      if (some) {
        finish(null, false);
      }

      return some;
    },
    dispose: () => off.abort(),
  };
}

/** What a drag means that begins beside the cards. With Shift it goes on selecting: a wire on the way is not taken off. */
export function meantBy(start: { shiftKey: boolean; pointerType: string }, isOnWire: boolean, isFixed: boolean): 'pan' | 'select' | 'reconnect' {
  if (!isOnWire) {
    return start.pointerType === 'touch' ? 'pan' : 'select';
  }

  return isFixed ? 'pan' : start.shiftKey ? 'select' : 'reconnect';
}

/** A point of the world as a place of the scope under it. */
export function place(stage: Stage, at: Point, except: ReadonlySet<string> = new Set()): { scope: string; x: number; y: number } {
  const scope = stage.graph.containerAt(at, except);
  const origin = stage.graph.origin(scope);
  return { scope, x: at.x - origin.x, y: at.y - origin.y };
}

function pinAt(stage: Stage, event: { clientX: number; clientY: number; pointerType?: string }): Drawn | null {
  const at = stage.at(event);
  const near = (event.pointerType === 'touch' ? 22 : pinReach) / stage.view.zoom;
  let best: Drawn | null = null;
  let least = near;
  for (const id of stage.graph.cards.in({ x: at.x - near, y: at.y - near, w: 2 * near, h: 2 * near })) {
    for (const pin of stage.graph.pins(id, id === stage.hovered || stage.selected.has(id))) {
      const distance = Math.hypot(pin.x - at.x, pin.y - at.y);
      if (distance < least) {
        [best, least] = [pin, distance];
      }
    }
  }

  return best;
}

function edgeAt(stage: Stage, at: Point): EdgeModel | null {
  let best: EdgeModel | null = null;
  let least = wireReach / stage.view.zoom;
  for (const [id, way] of stage.graph.ways) {
    const distance = distanceTo(way, at);
    if (distance < least) {
      [best, least] = [stage.graph.edges.get(id)!, distance];
    }
  }

  return best;
}

// A wire is taken off at the end that is nearer.
function reconnecting(stage: Stage, send: Send, edge: EdgeModel, event: PointerEvent): Gesture | null {
  const ends = stage.graph.ends(edge);
  if (!ends) {
    return null;
  }

  const at = stage.at(event);
  const nearer = Math.hypot(ends[0].x - at.x, ends[0].y - at.y) < Math.hypot(ends[1].x - at.x, ends[1].y - at.y) ? 1 : 0;
  const kept = ends[nearer] as Drawn;
  return connecting(stage, send, kept, edge, event);
}

function panning(stage: Stage, event: PointerEvent): Gesture {
  const [from, start] = [stage.local(event), stage.view];
  stage.root.setAttribute('data-panning', '');
  return {
    move(now) {
      const at = stage.local(now);
      stage.glide({ ...stage.view, x: start.x + at.x - from.x, y: start.y + at.y - from.y });
    },
    end: () => stage.root.removeAttribute('data-panning'),
  };
}

function twoFingers(stage: Stage, touches: Map<number, Point>): Gesture {
  let before = [...touches.values()] as [Point, Point];
  return {
    move() {
      const now = [...touches.values()] as [Point, Point];
      stage.glide(pinch(stage.view, before, now));
      before = now;
    },
    end: () => undefined,
  };
}

function marquee(stage: Stage, event: PointerEvent): Gesture {
  const box = stage.root.querySelector<HTMLElement>('.marquee')!;
  const from = stage.local(event);
  const before = event.shiftKey ? [...stage.selected] : [];
  const area = (view: View, now: PointerEvent) => {
    const at = stage.local(now);
    const [a, b] = [toWorld(view, { x: Math.min(from.x, at.x), y: Math.min(from.y, at.y) }), toWorld(view, { x: Math.max(from.x, at.x), y: Math.max(from.y, at.y) })];
    return { x: a.x, y: a.y, w: b.x - a.x, h: b.y - a.y };
  };
  const caught = (now: PointerEvent) => {
    const rect = area(stage.view, now);
    // A container is caught where all of it is; what is inside where it touches.
    return stage.graph.cards.in(rect).filter(id => {
      const own = stage.graph.rects.get(id)!;
      return overlaps(own, rect) && (stage.graph.nodes.get(id)!.kind !== 'container' || (own.x >= rect.x && own.y >= rect.y && own.x + own.w <= rect.x + rect.w && own.y + own.h <= rect.y + rect.h));
    });
  };
  box.hidden = false;
  return {
    move(now) {
      const at = stage.local(now);
      box.style.transform = `translate(${Math.min(from.x, at.x)}px,${Math.min(from.y, at.y)}px)`;
      box.style.width = `${Math.abs(at.x - from.x)}px`;
      box.style.height = `${Math.abs(at.y - from.y)}px`;
      stage.select([...before, ...caught(now)], [], true);
    },
    end(now, done) {
      box.hidden = true;
      const chosen = done && now ? [...before, ...caught(now)] : before;
      stage.select([], [], true);
      stage.select(chosen);
    },
  };
}
