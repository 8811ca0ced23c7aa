// What .NET says while a gesture moves things waits until the gesture is over, and is taken then in the order in which it was said: a card that is to be
// chosen comes with the patch before.
import type { Patch } from './model';

export class Kept {
  /** True while a gesture moves things. */
  busy = false;

  private readonly waiting: (() => void)[] = [];
  private last = -1;

  /** Takes a patch over, now or later; false where one before it is missing. */
  patch(patch: Patch, take: (patch: Patch) => void): boolean {
    if (!patch.whole && patch.revision !== this.last + 1) {
      return false;
    }

    this.last = patch.revision;
    this.say(() => take(patch));
    return true;
  }

  /** Does something, now or later. */
  say(act: () => void): void {
    if (this.busy) {
      this.waiting.push(act);
    } else {
      act();
    }
  }

  /** The gesture is over. */
  release(): void {
    this.busy = false;
    this.waiting.splice(0).forEach(act => act());
  }
}
