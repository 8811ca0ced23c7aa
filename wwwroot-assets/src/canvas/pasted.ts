// What is pasted, on its way to .NET: a message that is too large for the circuit would end it.

/** Bytes of JSON that a message may have for its text; the circuit's own limit is 1 MiB. */
const most = 900_000;

/** The text where it may be a part of a flow; its beginning where it is anything else; how long it is where it is too long to be sent. */
export function pasted(text: string): { text: string } | { characters: number } {
  if (!/^\s*\{/.test(text)) {
    return { text: text.slice(0, 100) };
  }

  return text.length > most || new TextEncoder().encode(JSON.stringify(text)).length > most ? { characters: text.length } : { text };
}
