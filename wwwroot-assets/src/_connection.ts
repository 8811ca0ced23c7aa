// Whether what a page says arrives, as Blazor tells its element for that. The event does not bubble: it is caught on its way down.

/** Hears that the connection went away, again with each attempt, and that it is back. */
export function onConnection(told: (isThere: boolean) => void, signal: AbortSignal): void {
  document.addEventListener('components-reconnect-state-changed', event => {
    const { state } = (event as CustomEvent<{ state: string }>).detail ?? {};
    told(state === 'hide');
  }, { signal, capture: true });
}
