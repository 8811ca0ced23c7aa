// Files go by HTTP with antiforgery, never over the circuit. One request a file, so that one that is refused leaves the others alone.

interface DotNet {
  invokeMethodAsync(method: string, ...args: unknown[]): Promise<unknown>;
}

interface Words {
  cancel: string;
  lost: string;
  lostNext: string;
  close: string;
}

interface Options {
  /** What the file dialog shows. */
  accept?: string;
  /** Files chosen together are one thing and go in one request. */
  together?: boolean;
}

interface Problem {
  detail?: string;
  title?: string;
  next?: string;
  code?: string;
  traceId?: string;
}

export function intake(zone: HTMLElement, list: HTMLElement, url: string, headers: Record<string, string>, limit: number, words: Words, page: DotNet, options: Options = {}): { dispose(): void; choose(): void } {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.accept = options.accept ?? '.pdf,.md,.markdown,.txt,.html,.htm';
  const aborted = new AbortController();

  const choose = () => input.click();
  const take = (files: FileList | null | undefined) => {
    const chosen = [...(files ?? [])];
    (options.together && chosen.length > 0 ? [chosen] : chosen.map(file => [file])).forEach(send);
  };
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files');

  input.addEventListener('change', () => {
    take(input.files);
    input.value = '';
  });
  const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void) => zone.addEventListener(name, act, { signal: aborted.signal });
  zone.dataset.takes = ''; // until then a dropped file would open in the browser
  on('dragover', event => {
    if (hasFiles(event)) {
      event.preventDefault();
      zone.classList.add('over');
    }
  });
  on('dragleave', event => {
    if (!zone.contains(event.relatedTarget as Node | null)) {
      zone.classList.remove('over');
    }
  });
  on('drop', event => {
    event.preventDefault();
    zone.classList.remove('over');
    take(event.dataTransfer?.files);
  });
  on('click', event => {
    if ((event.target as Element).closest('[data-choose]')) {
      choose();
    }
  });

  function send(files: File[]): void {
    const row = rowOf(files[0].name);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    if (size > limit) {
      row.onClose(row.remove);
      void page.invokeMethodAsync('RefusalOf', size).then(problem => refuse(row, problem as Problem)).catch(() => row.fail(words.lost, words.lostNext, ''));
      return;
    }

    const request = new XMLHttpRequest();
    request.open('POST', url);
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.setRequestHeader('Accept', 'application/json, application/problem+json');
    request.upload.addEventListener('progress', event => row.progress(event.lengthComputable ? event.loaded / event.total : 0));
    request.addEventListener('load', () => {
      if (request.status >= 200 && request.status < 300) {
        row.remove();
        void page.invokeMethodAsync('UploadedAsync').catch(() => undefined);
      } else {
        refuse(row, parse(request.responseText));
      }
    });
    request.addEventListener('error', () => row.fail(words.lost, words.lostNext, ''));
    row.onClose(() => {
      request.abort();
      row.remove();
    });
    const form = new FormData();
    files.forEach(file => form.append('files', file, file.name));
    request.send(form);
  }

  const refuse = (row: ReturnType<typeof rowOf>, problem: Problem) =>
    row.fail(problem.detail ?? problem.title ?? words.lost, problem.next ?? '', [problem.code, problem.traceId && `trace ${problem.traceId}`].filter(Boolean).join(' · '));

  function rowOf(name: string) {
    const row = document.createElement('div');
    row.innerHTML = '<div class="row"><b class="cut"></b><span class="meta num"></span><span class="grow"></span><button type="button" class="btn ghost sm"></button></div><div class="bar live"><i></i></div>';
    row.querySelector('b')!.textContent = name;
    const close = row.querySelector('button')!;
    close.textContent = words.cancel;
    const share = row.querySelector('.meta')!;
    const bar = row.querySelector<HTMLElement>('.bar > i')!;
    bar.style.width = '0';
    list.append(row);
    return {
      progress(value: number) {
        bar.style.width = `${value * 100}%`;
        share.textContent = `${Math.floor(value * 100)} %`;
      },
      fail(what: string, next: string, trace: string) {
        row.classList.add('bad');
        row.setAttribute('role', 'alert');
        share.textContent = '';
        bar.parentElement!.remove();
        const text = document.createElement('p');
        text.textContent = `${what} ${next}`.trim();
        row.append(text);
        if (trace) {
          const small = document.createElement('span');
          small.className = 'meta mono';
          small.textContent = trace;
          row.append(small);
        }

        close.textContent = words.close;
      },
      onClose: (act: () => void) => close.addEventListener('click', act),
      remove: () => row.remove(),
    };
  }

  return { choose, dispose: () => aborted.abort() };
}

function parse(text: string): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return {};
  }
}
