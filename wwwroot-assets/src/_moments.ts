/** A moment of a run that somebody wants to see: a place on the axis from 0 to 1, some events further, or an end of it. */
export type Moment = { kind: 'at' | 'step' | 'end'; value: number };

const page = 10;

/** What a key asks for; null where it asks for nothing. */
export function momentOf(key: string): Moment | null {
  switch (key) {
    case 'ArrowRight': case 'ArrowUp': return { kind: 'step', value: 1 };
    case 'ArrowLeft': case 'ArrowDown': return { kind: 'step', value: -1 };
    case 'PageUp': return { kind: 'step', value: page };
    case 'PageDown': return { kind: 'step', value: -page };
    case 'Home': return { kind: 'end', value: 0 };
    case 'End': return { kind: 'end', value: 1 };
    default: return null;
  }
}

/** Asks for one moment after the other: what is wanted while an answer is on its way becomes one, the newest. */
export class Moments {
  private readonly waiting: Moment[] = [];
  private busy = false;

  /** @param rested Called when everything that was asked for has been answered. */
  constructor(private readonly ask: (moment: Moment) => Promise<unknown>, private readonly rested: () => void) {}

  want(moment: Moment): void {
    const last = this.waiting.at(-1);
    if (moment.kind !== 'step') {
      // A place says where, whatever was asked for before.
      this.waiting.splice(0, this.waiting.length, moment);
    } else if (last?.kind === 'step') {
      last.value += moment.value;
    } else {
      this.waiting.push({ ...moment });
    }

    void this.next();
  }

  private async next(): Promise<void> {
    if (this.busy) {
      return;
    }

    this.busy = true;
    try {
      for (let moment = this.waiting.shift(); moment; moment = this.waiting.shift()) {
        await this.ask(moment);
      }
    } catch {
      // The connection is gone: what it shows then is the page's to say.
      this.waiting.length = 0;
    } finally {
      this.busy = false;
      this.rested();
    }
  }
}
