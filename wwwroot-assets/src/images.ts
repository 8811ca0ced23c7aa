import { imagesOf, nameOf } from './_images';

// Images that are pasted, dropped or chosen go by HTTP, one request each, into the message that they are meant for.

interface DotNet {
  invokeMethodAsync(method: string, ...args: unknown[]): Promise<unknown>;
}

interface Problem {
  detail?: string;
  title?: string;
  next?: string;
  code?: string;
}

/** @param zone The whole conversation; a form in it that has data-images is a message of its own. */
export function intake(zone: HTMLElement, headers: Record<string, string>, accepted: string, pasted: string, page: DotNet): { dispose(): void } {
  const aborted = new AbortController();
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.accept = accepted;
  let chosenFor = '';
  const messageOf = (target: EventTarget | null) => (target as Element | null)?.closest?.<HTMLElement>('[data-images]')?.dataset.images ?? '';

  const send = async (message: string, file: File) => {
    const name = nameOf(file, pasted);
    const url = await page.invokeMethodAsync('BeginAsync', message, name, file.size) as string | null;
    if (url === null) {
      return;
    }

    let problem: Problem = {};
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/octet-stream', Accept: 'application/json, application/problem+json' },
        body: file,
        signal: aborted.signal,
      });
      const body = await answer.json() as Problem & { sha256?: string };
      if (answer.ok && body.sha256) {
        await page.invokeMethodAsync('AddedAsync', message, name, body.sha256);
        return;
      }

      problem = body;
    } catch {
      // refused below: nothing arrived
    }

    if (!aborted.signal.aborted) {
      await page.invokeMethodAsync('Refused', message, name, problem.detail ?? problem.title ?? null, problem.next ?? null, problem.code ?? null);
    }
  };
  const take = (message: string, files: readonly File[]) => files.forEach(file => void send(message, file).catch(() => undefined));

  input.addEventListener('change', () => {
    take(chosenFor, [...(input.files ?? [])]);
    input.value = '';
  });
  // Before those who take documents: what consists of images alone is meant for the model's eyes.
  const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void) => zone.addEventListener(name, act, { signal: aborted.signal, capture: true });
  on('dragover', event => {
    if (event.dataTransfer?.types.includes('Files')) {
      event.preventDefault();
    }
  });
  on('drop', event => {
    const files = imagesOf(event.dataTransfer?.files, accepted);
    if (files) {
      event.preventDefault();
      event.stopPropagation();
      zone.classList.remove('over');
      take(messageOf(event.target), files);
    }
  });
  on('paste', event => {
    // Text that was copied with its picture (from a word processor) is text.
    const files = event.clipboardData?.types.includes('text/plain') ? null : imagesOf(event.clipboardData?.files, accepted);
    if (files) {
      event.preventDefault();
      take(messageOf(event.target), files);
    }
  });
  on('click', event => {
    if ((event.target as Element).closest('[data-choose-image]')) {
      chosenFor = messageOf(event.target);
      input.click();
    }
  });
  zone.dataset.takesImages = '';
  return { dispose: () => aborted.abort() };
}
