// The time line of a run: pointer and keys choose a moment. Where the pointer is stays here; .NET hears of one moment at a time.
import { momentOf, Moments } from './_moments';

interface DotNet {
  invokeMethodAsync(method: string, ...args: unknown[]): Promise<unknown>;
}

export function mount(slider: HTMLElement, page: DotNet): { dispose(): void } {
  const off = new AbortController();
  const drag = slider.querySelector<HTMLElement>('[data-drag]')!;
  let pointer = -1;
  const moments = new Moments(moment => page.invokeMethodAsync('GoAsync', moment.kind, moment.value), () => {
    if (pointer < 0) {
      slider.removeAttribute('data-dragging');
    }
  });
  const follow = (event: PointerEvent): void => {
    const { left, width } = slider.getBoundingClientRect();
    const place = width > 0 ? Math.min(1, Math.max(0, (event.clientX - left) / width)) : 0;
    drag.style.left = `${place * 100}%`;
    slider.setAttribute('data-dragging', '');
    moments.want({ kind: 'at', value: place });
  };
  const end = (event: PointerEvent): void => {
    if (event.pointerId === pointer) {
      pointer = -1;
      // The last place asks once more, so that what rests is what is shown.
      follow(event);
    }
  };

  slider.addEventListener('pointerdown', event => {
    if (event.button === 0 && pointer < 0) {
      pointer = event.pointerId;
      slider.setPointerCapture(pointer);
      slider.focus({ preventScroll: true });
      event.preventDefault();
      follow(event);
    }
  }, { signal: off.signal });
  slider.addEventListener('pointermove', event => {
    if (event.pointerId === pointer) {
      follow(event);
    }
  }, { signal: off.signal });
  slider.addEventListener('pointerup', end, { signal: off.signal });
  slider.addEventListener('pointercancel', end, { signal: off.signal });
  slider.addEventListener('keydown', event => {
    const moment = event.ctrlKey || event.metaKey || event.altKey ? null : momentOf(event.key);
    if (moment) {
      event.preventDefault();
      moments.want(moment);
    }
  }, { signal: off.signal });
  return { dispose: () => off.abort() };
}
