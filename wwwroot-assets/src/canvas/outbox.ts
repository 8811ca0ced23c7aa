// What a gesture came to, on its way to .NET: in order, each taken once; what cannot be sent waits until the connection is back, for a while.

/** Does something in .NET. One that was done is not done again under its number, so that it may be said twice. */
export type Invoke = (number: number, method: string, args: unknown) => Promise<unknown>;

export interface Clock {
  now(): number;
  later(act: () => void, ms: number): void;
}

interface Waiting {
  number: number;
  method: string;
  args: unknown;
  at: number;
  done(value: unknown): void;
}

export const patience = 30_000;
const pause = 400;
/** What has no answer for this long is said to wait: a connection that is silent is noticed to be gone only after half a minute. */
export const slow = 3_000;
const broken = Symbol('broken');

export class Outbox {
  private readonly waiting: Waiting[] = [];
  private number = 0;
  private sending = false;
  private closed = false;
  private breakOff: (() => void) | null = null;

  /**
   * @param isConnected Whether a message would arrive now.
   * @param told Hears how many changes wait for the connection, and whether they were given up.
   */
  constructor(
    private readonly invoke: Invoke, private readonly isConnected: () => boolean, private readonly told: (waiting: number, lost: boolean) => void,
    private readonly clock: Clock = { now: () => Date.now(), later: (act, ms) => void setTimeout(act, ms) }) {}

  /** What .NET answers; undefined where it was given up. */
  send(method: string, args: unknown): Promise<unknown> {
    return new Promise(done => {
      this.waiting.push({ number: ++this.number, method, args, at: this.clock.now(), done });
      this.parted();
      void this.pump();
    });
  }

  /** The connection is away, though nobody may have said so of what is under way: that waits, too. */
  parted(): void {
    if (!this.isConnected() && this.waiting.length > 0) {
      this.told(this.waiting.length, false);
    }
  }

  /** The connection is back: an answer that was under way will not come any more. */
  reconnected(): void {
    this.breakOff?.();
    void this.pump();
  }

  close(): void {
    this.closed = true;
  }

  private async pump(): Promise<void> {
    if (this.sending || this.closed) {
      return;
    }

    this.sending = true;
    while (this.waiting.length > 0 && this.isConnected() && !this.closed) {
      const first = this.waiting[0];
      const lost = new Promise<typeof broken>(resolve => this.breakOff = () => resolve(broken));
      let isAnswered = false;
      this.clock.later(() => isAnswered || this.closed || this.told(this.waiting.length, false), slow);
      // What .NET refuses while it is there it would refuse again.
      const value = await Promise.race([this.invoke(first.number, first.method, first.args).catch(() => this.isConnected() ? undefined : broken), lost]);
      this.breakOff = null;
      isAnswered = true;
      if (value === broken) {
        if (!this.isConnected()) {
          break;
        }

        continue;
      }

      this.waiting.shift();
      first.done(value);
    }

    this.sending = false;
    if (this.closed) {
      return;
    }

    if (this.waiting.length === 0) {
      this.told(0, false);
    } else if (this.clock.now() - this.waiting[0].at > patience) {
      // What follows was meant for what these made.
      this.waiting.splice(0).forEach(one => one.done(undefined));
      this.told(0, true);
    } else {
      this.told(this.waiting.length, false);
      this.clock.later(() => void this.pump(), pause);
    }
  }
}
