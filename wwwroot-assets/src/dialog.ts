/** Opens a dialog above the page; Escape and the backdrop close it, and the page hears of it. */
export function open(dialog: HTMLDialogElement, page: { invokeMethodAsync(method: string): Promise<unknown> }): void {
  if (dialog.open) {
    return;
  }

  dialog.addEventListener('click', event => {
    if (event.target === dialog) {
      dialog.close();
    }
  });
  dialog.addEventListener('close', () => void page.invokeMethodAsync('ClosedAsync').catch(() => undefined), { once: true });
  dialog.showModal();
  (dialog.querySelector<HTMLElement>('[autofocus]') ?? dialog.querySelector<HTMLElement>('input, textarea, select'))?.focus();
}

export function close(dialog: HTMLDialogElement): void {
  dialog.close();
}
