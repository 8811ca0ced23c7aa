// A message that is too large for the circuit would end it, and the page with it: what is too long is not sent, and said to be.

/** Bytes of JSON that a text may have; the circuit's own limit is 1 MiB a message. */
const most = 900_000;

/** True where a text cannot be sent in one message. */
export const isTooLong = (text: string): boolean =>
  text.length > most || (text.length > most / 6 && new TextEncoder().encode(JSON.stringify(text)).length > most);

/** Stops what is too long on its way to Blazor, which listens at the document; told hears how many characters it has, and null where it was mended. */
export function guardCircuit(body: EventTarget, told: (characters: number | null) => void): void {
  let last: EventTarget | null = null;
  const hear = (event: Event) => {
    const text = (event.target as HTMLInputElement | HTMLTextAreaElement | null)?.value;
    if (typeof text === 'string' && isTooLong(text)) {
      event.stopPropagation();
      last = event.target;
      told(text.length);
    } else if (last !== null && event.target === last) {
      last = null;
      told(null);
    }
  };
  body.addEventListener('input', hear);
  body.addEventListener('change', hear);
}
