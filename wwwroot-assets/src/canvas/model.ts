// What .NET tells the canvas, and what the canvas tells back. Places of nodes are those of their scope: inside a container from the corner of its inside.

export interface Pin {
  name: string;
  /** As ports have it: text, json, list<number>; choice for a branch. */
  type: string;
  /** Where an outcome has a row of its own on the card: its middle, from the card's top. */
  y?: number | null;
  optional?: boolean | null;
}

export interface NodeModel {
  id: string;
  /** Path of the container; empty for the flow itself. */
  parent: string;
  x: number;
  y: number;
  w: number;
  h: number;
  kind: 'card' | 'container' | 'note';
  ins: Pin[];
  outs: Pin[];
  /** Of a container: what it gives to its inside, and takes back. */
  toBody?: Pin[] | null;
  fromBody?: Pin[] | null;
  /** True where an edge may bring any name. */
  more?: boolean;
  moreBack?: boolean;
  /** What the minimap paints it in: now, waits, off, changed. */
  mood?: string | null;
}

export interface EdgeModel {
  id: string;
  scope: string;
  /** Path of the node; of the scope itself for what a container gives to its inside or takes back. */
  from: string;
  fromPort: string;
  to: string;
  toPort: string;
  type: string;
  /** passed, todo, off, live, failed, added, removed, changed; absent while nothing runs. */
  state?: string | null;
  /** Its name for a reader of the screen. */
  label: string;
}

export interface Patch {
  revision: number;
  /** True where everything that is not named is gone. */
  whole?: boolean;
  nodes: NodeModel[];
  gone: string[];
  edges: EdgeModel[];
  goneEdges: string[];
  /** Definition JSON of what is selected, for the clipboard. */
  clip?: string | null;
}

export interface Point {
  x: number;
  y: number;
}

export interface Rect extends Point {
  w: number;
  h: number;
}

export type Side = 'left' | 'right' | 'top' | 'bottom';

/** An end of a wire: where it is, and which way it looks. */
export interface End extends Point {
  side: Side;
}

/** Sizes of cards that .NET and the canvas agree about; CardShape has them too. */
export const grid = 16;
export const insetX = 40;
export const insetTop = 64;
export const insetBottom = 24;
export const firstPin = 40;
export const pinStep = 22;
/** The least that a container or a remark is drawn as. */
export const smallest = { w: 96, h: 64 };

/** The rule by which ports fit: everything fits json, json fits everything, a list fits a list whose elements fit. */
export function fits(from: string, to: string): boolean {
  if (from === to || to === 'json' || from === 'json' || from === 'choice') {
    return true;
  }

  const inner = /^list<(.*)>$/.exec(to)?.[1];
  const item = /^list<(.*)>$/.exec(from)?.[1] ?? (from === 'passages' || from === 'messages' ? 'json' : undefined);
  return inner !== undefined && item !== undefined && fits(item, inner);
}

/** The family of a type, which is its colour. */
export function family(type: string): string {
  const inner = /^list<(.*)>$/.exec(type)?.[1];
  switch (inner ?? type) {
    case 'text': case 'messages': return 'text';
    case 'passages': return 'passages';
    case 'file': return 'file';
    case 'boolean': case 'choice': return 'choice';
    default: return inner ? family(inner) : 'json';
  }
}
