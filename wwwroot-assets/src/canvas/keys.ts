// Keys and clipboard of the canvas. They act while the focus is on it; single letters do not where the person switched them off.
import { smallest } from './model';
import { pasted } from './pasted';
import { place, type Send } from './pointer';
import type { Stage } from './stage';
import { toWorld } from './viewport';
import { along, nearest, type Direction } from './walk';

const arrows: Record<string, Direction> = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };
const steps: Record<Direction, [number, number]> = { left: [-16, 0], right: [16, 0], up: [0, -16], down: [0, 16] };

const lettersAreOff = (): boolean => {
  try {
    return localStorage.getItem('keys-off') !== null;
  } catch {
    return false; // storage may be forbidden
  }
};

export function keys(stage: Stage, send: Send, cancel: () => boolean): { dispose(): void } {
  const off = new AbortController();
  const isHere = (target: EventTarget | null) => target instanceof Element && stage.root.contains(target) && !target.closest('[data-own], input, textarea, select');
  const current = () => (document.activeElement as HTMLElement | null)?.closest<HTMLElement>('[data-id]')?.dataset.id ?? null;
  const to = (id: string | null) => {
    if (id !== null) {
      stage.select([id]);
      stage.focus(id);
    }

    return id !== null;
  };

  // The focus goes there, and what is selected grows by it, or stays.
  const beside = (id: string | null, also: boolean) => {
    if (id !== null) {
      stage.focus(id);
      stage.select(also ? [...stage.selected, id] : stage.selected, stage.selectedEdges);
    }

    return id !== null;
  };
  const toggle = (id: string): boolean => {
    stage.select(stage.selected.has(id) ? [...stage.selected].filter(one => one !== id) : [...stage.selected, id], stage.selectedEdges);
    return true;
  };
  const resize = (direction: Direction): boolean => {
    const [node] = [...stage.selected].map(one => stage.graph.nodes.get(one)!);
    if (stage.selected.size !== 1 || node.kind === 'card') {
      return false;
    }

    // From what it is drawn as: a container is never smaller than its inside.
    const [rect, [dx, dy]] = [stage.graph.rects.get(node.id)!, steps[direction]];
    stage.touch(stage.graph.resize(node.id, Math.max(smallest.w, rect.w + dx), Math.max(smallest.h, rect.h + dy)));
    void send('Resize', { id: node.id, w: node.w, h: node.h });
    return true;
  };

  const press = (event: KeyboardEvent): boolean => {
    const command = event.ctrlKey || event.metaKey;
    const id = current();
    const fixed = stage.options.fixed;
    if (event.key === 'Escape') {
      if (!cancel()) {
        if (stage.selected.size + stage.selectedEdges.size > 0) {
          stage.select([]);
        } else {
          // Tab goes from card to card: this is the way to what is said of the flow itself.
          stage.root.closest('.fe-body')?.querySelector<HTMLElement>(':scope > .insp')?.querySelector<HTMLElement>('.body button, .body input, .body select')?.focus();
        }
      }

      return true;
    }

    const direction = arrows[event.key];
    if (command && !event.altKey) {
      if (direction) {
        return beside(id === null ? null : nearest(stage.graph, id, direction), false);
      }

      switch (event.key.toLowerCase()) {
        case 'z': return !fixed && tell(event.shiftKey ? 'Redo' : 'Undo');
        case 'y': return !fixed && tell('Redo');
        case 'a':
          stage.select([...stage.graph.nodes.keys()]);
          return true;
        case 'd': return !fixed && stage.selected.size > 0 && tell('Duplicate');
        case 'g': return !fixed && stage.selected.size > 0 && tell('Collapse');
        default: return false;
      }
    }

    if (direction && event.altKey) {
      if (fixed || stage.selected.size === 0) {
        return false;
      }

      if (event.shiftKey) {
        return resize(direction);
      }

      const [dx, dy] = steps[direction];
      const moved = [...stage.selected].map(one => stage.graph.nodes.get(one)!);
      stage.touch(stage.graph.move(moved.map(node => [node.id, { x: node.x + dx, y: node.y + dy }])));
      void send('Move', { nodes: moved.map(node => ({ id: node.id, x: node.x, y: node.y })) });
      return true;
    }

    if (command || event.altKey) {
      return false;
    }

    if (direction && event.shiftKey && id !== null) {
      return beside(nearest(stage.graph, id, direction), true);
    }

    if (direction) {
      return to(id === null ? along(stage.graph)[0] ?? null : nearest(stage.graph, id, direction));
    }

    switch (event.key) {
      case 'Tab': {
        // Past the last one, and before the first, the focus leaves the canvas.
        const order = along(stage.graph);
        const next = id === null ? (event.shiftKey ? null : order[0]) : order[order.indexOf(id) + (event.shiftKey ? -1 : 1)];
        return to(next ?? null);
      }

      case 'PageUp':
      case 'PageDown':
        // Of a run that is looked at: another round of the container.
        return id !== null && tell('Round', { node: id, step: event.key === 'PageUp' ? -1 : 1 });
      case 'Enter':
        return id !== null && tell('Inspect');
      case 'Delete':
      case 'Backspace':
        return !fixed && (stage.selected.size > 0 || stage.selectedEdges.size > 0) && tell('Remove');
    }

    if (lettersAreOff()) {
      return false;
    }

    switch (event.key) {
      case 'c': case 'C': return !fixed && id !== null && tell('ConnectFrom', { node: id });
      case 'i': case 'I': return !fixed && id !== null && stage.graph.nodes.get(id)?.kind === 'container' && tell('AddInside', { node: id });
      case 'o': case 'O': return tell('Outline');
      case 'x': case 'X': return id !== null && toggle(id);
      case '0':
        stage.fit();
        return true;
      case '+': case '=':
        stage.zoom(1.25);
        return true;
      case '-':
        stage.zoom(0.8);
        return true;
      default: return false;
    }
  };
  const tell = (method: string, args: unknown = {}): boolean => {
    void send(method, args);
    return true;
  };

  stage.root.addEventListener('keydown', event => {
    if (isHere(event.target) && !event.isComposing && press(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, { signal: off.signal });
  stage.root.addEventListener('focusin', event => {
    const id = (event.target as Element).closest<HTMLElement>('[data-id]')?.dataset.id;
    if (id) {
      stage.focused = id;
    }
  }, { signal: off.signal });

  const isFree = () => isHere(document.activeElement) && getSelection()?.isCollapsed !== false;
  const copied = (event: ClipboardEvent, cut: boolean) => {
    if (isFree() && stage.clip && stage.selected.size > 0) {
      event.clipboardData?.setData('text/plain', stage.clip);
      event.preventDefault();
      if (cut && !stage.options.fixed) {
        void send('Remove', {});
      }
    }
  };
  document.addEventListener('copy', event => copied(event, false), { signal: off.signal });
  document.addEventListener('cut', event => copied(event, true), { signal: off.signal });
  document.addEventListener('paste', event => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (isHere(document.activeElement) && !stage.options.fixed && text !== '') {
      event.preventDefault();
      const middle = place(stage, toWorld(stage.view, { x: stage.size.w / 2 - 92, y: stage.size.h / 2 - 40 }));
      void send('Paste', { ...pasted(text), ...middle });
    }
  }, { signal: off.signal });
  return { dispose: () => off.abort() };
}
