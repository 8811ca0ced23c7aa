// The canvas of a flow. JavaScript alone writes places, sizes, wires and pins; .NET alone writes what is inside a card. A gesture is local; one
// message goes to .NET when it ends, and patches with rising numbers come back.
import { onConnection } from './_connection';
import { keys } from './canvas/keys';
import type { Patch } from './canvas/model';
import { Outbox } from './canvas/outbox';
import { place, pointers } from './canvas/pointer';
import { Stage } from './canvas/stage';

interface DotNet {
  invokeMethodAsync(method: string, ...args: unknown[]): Promise<unknown>;
}

export interface Canvas {
  apply(patch: Patch): boolean;
  select(nodes: string[]): void;
  focus(id: string): void;
  /** Marks a node and brings it into view; the focus stays where it is. */
  show(id: string): void;
  fit(): void;
  /** All of it where that can be read, otherwise where it begins. */
  begin(): void;
  middle(): { scope: string; x: number; y: number };
  dispose(): void;
}

/** Data of a node type that is dragged from the palette. */
const dragged = 'application/x-mistralstudio-node';

export function mount(root: HTMLElement, page: DotNet, fixed: boolean): Canvas {
  const off = new AbortController();
  let connected = true;
  // Where it is edited, which says what waits for the connection.
  const around = root.closest('.fe-body') ?? root;
  const outbox = new Outbox((number, method, args) => page.invokeMethodAsync('ActAsync', number, method, args), () => connected, (waiting, lost) => {
    around.toggleAttribute('data-waiting', waiting > 0);
    around.toggleAttribute('data-lost', lost);
  });
  onConnection(isThere => {
    connected = isThere;
    isThere ? outbox.reconnected() : outbox.parted();
  }, off.signal);

  const send = (method: string, args: unknown) => outbox.send(method, args);
  const stage = new Stage(root, { fixed }, selection => void send('Select', selection).then(clip => {
    if (typeof clip === 'string') {
      stage.clip = clip;
    }
  }));
  const gestures = pointers(stage, send);
  const keyboard = keys(stage, send, gestures.cancel);

  // Where the browser itself scrolls to (its search in the page, a reader's cursor), the view goes: what lies above the canvas stays in its place.
  root.addEventListener('scroll', () => {
    const { scrollLeft: x, scrollTop: y } = root;
    if (x !== 0 || y !== 0) {
      root.scrollTo(0, 0);
      stage.look({ ...stage.view, x: stage.view.x - x, y: stage.view.y - y });
    }
  }, { signal: off.signal });
  root.addEventListener('click', event => {
    switch ((event.target as Element).closest<HTMLElement>('[data-view]')?.dataset.view) {
      case 'in': return stage.zoom(1.25);
      case 'out': return stage.zoom(0.8);
      case 'fit': return stage.fit();
    }
  }, { signal: off.signal });

  const map = root.querySelector<HTMLCanvasElement>('canvas.minimap');
  const toMap = (event: PointerEvent) => {
    const rect = map!.getBoundingClientRect();
    stage.jump(event.clientX - rect.left, event.clientY - rect.top);
  };
  map?.addEventListener('pointerdown', event => {
    map.setPointerCapture(event.pointerId);
    toMap(event);
  }, { signal: off.signal });
  map?.addEventListener('pointermove', event => {
    if (event.buttons === 1) {
      toMap(event);
    }
  }, { signal: off.signal });

  // From the palette, which stands beside the canvas.
  const frame = around === root ? root.parentElement! : around as HTMLElement;
  frame.addEventListener('dragstart', event => {
    const type = (event.target as Element).closest<HTMLElement>('[data-node-type]')?.dataset.nodeType;
    if (type) {
      event.dataTransfer?.setData(dragged, type);
      event.dataTransfer!.effectAllowed = 'copy';
    }
  }, { signal: off.signal });
  root.addEventListener('dragover', event => {
    if (event.dataTransfer?.types.includes(dragged)) {
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    }
  }, { signal: off.signal });
  root.addEventListener('drop', event => {
    const type = event.dataTransfer?.getData(dragged);
    if (type) {
      event.preventDefault();
      stage.locate();
      const at = stage.at(event);
      void send('Drop', { type, ...place(stage, { x: at.x - 92, y: at.y - 24 }) });
      root.focus({ preventScroll: true });
    }
  }, { signal: off.signal });

  root.dataset.ready = '';
  return {
    apply: patch => stage.apply(patch),
    select: nodes => stage.kept.say(() => stage.select(nodes)),
    focus: id => stage.kept.say(() => {
      stage.select([id]);
      stage.focus(id);
    }),
    show: id => stage.kept.say(() => {
      const rect = stage.graph.rects.get(id);
      stage.select([id]);
      if (rect) {
        stage.reveal(rect);
      }
    }),
    fit: () => stage.fit(),
    begin: () => stage.begin(),
    middle: () => place(stage, { x: (stage.size.w / 2 - stage.view.x) / stage.view.zoom - 92, y: (stage.size.h / 2 - stage.view.y) / stage.view.zoom - 40 }),
    dispose() {
      off.abort();
      outbox.close();
      gestures.dispose();
      keyboard.dispose();
      stage.dispose();
    },
  };
}
