/** The page in an ordinary browser, served by the engine at /dashboard. */
import type { EventKind, ServerEvent } from '$lib/api/types';
import type { ApiRequest, ApiResponse, DroppedFile, Platform } from './types';

const KINDS: EventKind[] = [
  'post.changed',
  'delivery.changed',
  'account.changed',
  'status.changed',
  'alert.raised',
  'settings.changed',
  'media.added',
  'reset',
];

const REOPEN_MS = 3000;

// The engine accepts a write with the session cookie only with this header: a foreign page
// cannot set it without asking the engine first.
const OWN_PAGE = { 'x-moulin': '1' };

async function plain(response: Response): Promise<ApiResponse> {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}

async function request({ method, path, headers, body }: ApiRequest): Promise<ApiResponse> {
  return plain(
    await fetch(path, {
      method,
      headers: { ...headers, ...OWN_PAGE },
      body,
      credentials: 'same-origin',
    }),
  );
}

async function upload(file: File, altText?: string): Promise<ApiResponse> {
  const form = new FormData();
  form.append('file', file);
  if (altText) form.append('alt_text', altText);
  return plain(
    await fetch('/api/communication/media', {
      method: 'POST',
      headers: OWN_PAGE,
      body: form,
      credentials: 'same-origin',
    }),
  );
}

function subscribe(
  onEvent: (event: ServerEvent) => void,
  onState: (connected: boolean) => void,
): () => void {
  if (typeof EventSource === 'undefined') return () => undefined;
  let source: EventSource;
  let again: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource('/api/communication/events');
    source.addEventListener('open', () => onState(true));
    source.addEventListener('error', () => {
      onState(false);
      // A cut stream comes back by itself; one that was refused (an engine that is just starting)
      // is given up by the browser.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, REOPEN_MS);
    });
    for (const kind of KINDS) {
      source.addEventListener(kind, (message: MessageEvent<string>) => {
        const data = JSON.parse(message.data) as Partial<ServerEvent>;
        onEvent({
          id: Number(message.lastEventId || data.id || 0),
          kind,
          subject: data.subject ?? '',
          at: data.at ?? '',
        });
      });
    }
  };
  open();
  return () => {
    clearTimeout(again);
    source.close();
  };
}

function onFileDrop(handlers: {
  over: (isOver: boolean) => void;
  drop: (files: DroppedFile[]) => void;
}): () => void {
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  const over = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    handlers.over(true);
  };
  const leave = (event: DragEvent) => {
    if (event.relatedTarget === null) handlers.over(false);
  };
  const drop = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    handlers.over(false);
    handlers.drop(Array.from(event.dataTransfer?.files ?? [], (file) => ({ file })));
  };
  window.addEventListener('dragover', over);
  window.addEventListener('dragleave', leave);
  window.addEventListener('drop', drop);
  return () => {
    window.removeEventListener('dragover', over);
    window.removeEventListener('dragleave', leave);
    window.removeEventListener('drop', drop);
  };
}

export const browserPlatform: Platform = {
  kind: 'browser',
  request,
  upload,
  subscribe,
  assetUrl: (path) => path,
  onFileDrop,
  openExternal: async (url) => {
    window.open(url, '_blank', 'noopener,noreferrer');
  },
};
