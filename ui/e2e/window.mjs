// Makes a page in Chromium believe that it runs in the desktop window: the shell's commands are
// answered from the mocked API, so that the real window code of the page is what runs.

/** For `page.addInitScript`. Self-contained: it is sent to the page as text. */
export function actAsWindow() {
  const callbacks = new Map();
  let next = 1;
  let autostart = false;
  const commands = {
    api: async ({ method, path, headers, body }) => {
      const response = await fetch(path, { method, headers, body });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await response.text(),
      };
    },
    subscribe: ({ channel }) => {
      let index = 0;
      const source = new EventSource('/api/communication/events');
      for (const kind of ['post', 'delivery', 'account', 'status', 'settings']) {
        source.addEventListener(`${kind}.changed`, (event) => {
          callbacks.get(channel.id)?.({ index: index++, message: JSON.parse(event.data) });
        });
      }
    },
    autostart_get: () => autostart,
    autostart_set: ({ on }) => (autostart = on),
    save_text: ({ name }) => `~/Documents/${name}`,
    reveal: () => null,
    open_external: () => null,
  };
  globalThis.__TAURI_INTERNALS__ = {
    metadata: {
      currentWindow: { label: 'main' },
      currentWebview: { label: 'main', windowLabel: 'main' },
    },
    transformCallback: (callback) => {
      callbacks.set(next, callback);
      return next++;
    },
    unregisterCallback: (id) => callbacks.delete(id),
    invoke: async (command, args) => commands[command]?.(args) ?? null,
  };
}
