// Fields that were changed while the connection was away: they say it again once it is back, and the next page says it where it did not come back.

import { onConnection } from './_connection';

/** What was said this long before a break was noticed may not have arrived: longer than the connection waits for a sign of life, ms. */
export const doubt = 45_000;

const key = 'not-saved';

export interface Clock {
  now(): number;
}

/** What was changed lately, and what of it nobody may have heard. */
export class Unheard<T> {
  private readonly changed = new Map<T, number>();
  private since: number | null = null;

  constructor(private readonly clock: Clock = Date) {}

  /** True where a change waits for the connection. */
  get waits(): boolean {
    return this.since !== null && this.recent().length > 0;
  }

  change(field: T): void {
    const now = this.clock.now();
    this.changed.forEach((at, old) => this.since === null && at < now - doubt && this.changed.delete(old));
    this.changed.set(field, now);
  }

  left(): void {
    this.since ??= this.clock.now();
  }

  /** The connection is back: what is to be said again. */
  back(): T[] {
    const again = this.recent();
    this.since = null;
    return again;
  }

  private recent(): T[] {
    const since = this.since;
    return since === null ? [] : [...this.changed].filter(([, at]) => at >= since - doubt).map(([field]) => field);
  }
}

/** Looks after the fields in a part of the page; data-unheard is on it while changes wait, data-unsaved where those of the page before may be lost. */
export function away(root: HTMLElement, signal: AbortSignal): void {
  const unheard = new Unheard<HTMLElement>();
  const show = () => root.toggleAttribute('data-unheard', unheard.waits);
  root.addEventListener('change', event => {
    if (event.target instanceof HTMLElement) {
      unheard.change(event.target);
      show();
    }
  }, { signal, capture: true });
  onConnection(isThere => {
    if (isThere) {
      unheard.back().filter(field => field.isConnected).forEach(field => field.dispatchEvent(new Event('change', { bubbles: true })));
    } else {
      unheard.left();
    }

    show();
  }, signal);

  try {
    if (sessionStorage.getItem(key) === location.pathname) {
      sessionStorage.removeItem(key);
      root.setAttribute('data-unsaved', '');
    }

    // The canvas says the same of what waits there.
    addEventListener('pagehide', () => (unheard.waits || root.hasAttribute('data-waiting')) && sessionStorage.setItem(key, location.pathname), { signal });
  } catch {
    // storage may be forbidden
  }

  root.addEventListener('click', event => (event.target as Element).closest('[data-heard]') && root.removeAttribute('data-unsaved'), { signal });
}
